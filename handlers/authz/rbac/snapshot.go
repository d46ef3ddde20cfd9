package rbac

import (
	"fmt"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// snapshot is everything that decisions depend on at one moment. It is immutable.
type snapshot struct {
	cluster    *scope
	namespaces map[string]*scope
}

func unsupported(kind string) error { return fmt.Errorf("unsupported role reference kind: %q", kind) }

// visit calls f with every binding that is for the user in the namespace, the cluster's first, until it returns false.
func (s *snapshot) visit(user *resource.UserInfo, namespace string, f func(entry) bool) {
	if s.cluster.visit(user, f) && namespace != "" {
		s.namespaces[namespace].visit(user, f)
	}
}

// describe tells which binding allowed something, and to whom.
func (s *snapshot) describe(b *binding, user *resource.UserInfo) string {
	if b.namespace == "" {
		return s.cluster.describe(b, user)
	}
	return s.namespaces[b.namespace].describe(b, user)
}
