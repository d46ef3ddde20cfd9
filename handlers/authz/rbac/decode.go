package rbac

import (
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

const group = "rbac.authorization.k8s.io"

// The collections of roles and bindings, and their numbers in a feed.
const (
	clusterRoles = iota
	clusterBindings
	roles
	bindings
)

var followed = []storage.Collection{
	resource.KeysOf(group, "clusterroles"), resource.KeysOf(group, "clusterrolebindings"), resource.KeysOf(group, "roles"), resource.KeysOf(group, "rolebindings"),
}

// codecs read stored objects, by number of prefix.
var codecs = sync.OnceValues(func() (out [4]*codec.Builtin, err error) {
	for i, kind := range []string{"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"} {
		gvk := schema.GroupVersionKind{Group: group, Version: "v1", Kind: kind}
		if out[i], err = codec.NewBuiltin(gvk, gvk, nil, nil, nil); err != nil {
			return out, err
		}
	}
	return out, nil
})

// decode reads a stored object as a kind.
func decode[T object.Object](prefix int, kv storage.KeyValue) (T, error) {
	var none T
	c, err := codecs()
	if err != nil {
		return none, err
	}
	o, err := c[prefix].Decode(kv.Value, kv.Revision)
	if err != nil {
		return none, fmt.Errorf("%s: %w", kv.Key, err)
	}
	t, ok := o.(T)
	if !ok {
		return none, fmt.Errorf("%s: unexpected type %T", kv.Key, o)
	}
	return t, nil
}

// binding is what the two kinds of bindings have in common. namespace is empty for one of the whole cluster.
type binding struct {
	namespace, name string
	ref             rbacv1.RoleRef
	subjects        []rbacv1.Subject
	// rules are those of the role that ref means, or err says why there are none; the index fills them in.
	rules []rbacv1.PolicyRule
	err   error
}

// roleKey is the role that a binding refers to.
type roleKey struct{ kind, namespace, name string }

func (b *binding) role() roleKey {
	key := roleKey{kind: b.ref.Kind, name: b.ref.Name}
	if key.kind == "Role" {
		key.namespace = b.namespace
	}
	return key
}

func decodeBinding(prefix int, kv storage.KeyValue) (*binding, error) {
	b := &binding{}
	// The key decides where an object is, not what the object says.
	b.namespace, b.name = followed[prefix].Split(kv.Key)
	if prefix == clusterBindings {
		o, err := decode[*rbacv1.ClusterRoleBinding](prefix, kv)
		if err != nil {
			return nil, err
		}
		b.ref, b.subjects = o.RoleRef, o.Subjects
		return b, nil
	}
	o, err := decode[*rbacv1.RoleBinding](prefix, kv)
	if err != nil {
		return nil, err
	}
	b.ref, b.subjects = o.RoleRef, o.Subjects
	return b, nil
}
