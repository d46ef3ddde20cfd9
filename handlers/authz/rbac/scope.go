package rbac

import (
	"cmp"
	"slices"
	"strconv"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// scope has the bindings of one namespace, or of the cluster, by whom they are for. It is immutable.
type scope struct {
	// users has the bindings by the name of a user, service accounts among them; groups those by the name of a group.
	users, groups map[string][]*binding
}

// newScope sorts bindings by subject; those of one subject are in order of their names. It keeps the bindings.
func newScope(list []*binding) *scope {
	s := &scope{users: map[string][]*binding{}, groups: map[string][]*binding{}}
	slices.SortFunc(list, func(a, b *binding) int { return cmp.Compare(a.name, b.name) })
	for _, b := range list {
		for i := range b.subjects {
			if user := subjectUser(&b.subjects[i], b.namespace); user != "" {
				addOnce(s.users, user, b)
			} else if b.subjects[i].Kind == "Group" {
				addOnce(s.groups, b.subjects[i].Name, b)
			}
		}
	}
	return s
}

// addOnce appends b unless it is there: the same subject may be named twice.
func addOnce(m map[string][]*binding, key string, b *binding) {
	if l := m[key]; len(l) == 0 || l[len(l)-1] != b {
		m[key] = append(l, b)
	}
}

// subjectUser is the name of the user that a subject is; empty when it is none. A service account without a namespace is of
// the binding's own; a cluster's binding has none to give.
func subjectUser(s *rbacv1.Subject, namespace string) string {
	switch s.Kind {
	case "User":
		return s.Name
	case "ServiceAccount":
		if s.Namespace != "" {
			namespace = s.Namespace
		}
		if namespace != "" {
			return "system:serviceaccount:" + namespace + ":" + s.Name
		}
	}
	return ""
}

// visit calls f with the bindings that are for the user until it returns false; a binding may come more than once.
func (s *scope) visit(user *resource.UserInfo, f func(*binding) bool) bool {
	if s == nil {
		return true
	}
	for _, b := range s.users[user.Name] {
		if !f(b) {
			return false
		}
	}
	for _, g := range user.Groups {
		for _, b := range s.groups[g] {
			if !f(b) {
				return false
			}
		}
	}
	return true
}

// describe tells which binding it is and through which of its subjects it is for the user.
func (b *binding) describe(user *resource.UserInfo) string {
	out := "ClusterRoleBinding " + strconv.Quote(b.name)
	if b.namespace != "" {
		out = "RoleBinding " + strconv.Quote(b.name+"/"+b.namespace)
	}
	out += " of " + b.ref.Kind + " " + strconv.Quote(b.ref.Name) + " to "
	for i := range b.subjects {
		s := &b.subjects[i]
		if name := subjectUser(s, b.namespace); name != "" && name == user.Name || s.Kind == "Group" && slices.Contains(user.Groups, s.Name) {
			return out + s.Kind + " " + strconv.Quote(b.subjectName(s))
		}
	}
	return out
}

func (b *binding) subjectName(s *rbacv1.Subject) string {
	switch {
	case s.Kind != "ServiceAccount":
		return s.Name
	case s.Namespace != "":
		return s.Name + "/" + s.Namespace
	}
	return s.Name + "/" + b.namespace
}
