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
	// users has the bindings by the name of a user, service accounts among them; groups those by the name of a group. Those
	// of one subject are in order of their names.
	users, groups map[string][]entry
}

// entry is a binding of one subject.
type entry struct {
	*binding
	// subject is which of the binding's it is, the first if it is named twice.
	subject int
	// repeats says that an earlier binding gives the subject the same role: it allows nothing more.
	repeats bool
}

// newScope sorts bindings by subject. It keeps the bindings.
func newScope(list []*binding) *scope {
	s := &scope{users: map[string][]entry{}, groups: map[string][]entry{}}
	slices.SortFunc(list, func(a, b *binding) int { return cmp.Compare(a.name, b.name) })
	for _, b := range list {
		for i := range b.subjects {
			if user := subjectUser(&b.subjects[i], b.namespace); user != "" {
				addOnce(s.users, user, b, i)
			} else if b.subjects[i].Kind == "Group" {
				addOnce(s.groups, b.subjects[i].Name, b, i)
			}
		}
	}
	for _, m := range []map[string][]entry{s.users, s.groups} {
		for _, l := range m {
			noteRepeats(l)
		}
	}
	return s
}

// addOnce appends b unless it is there: the same subject may be named twice.
func addOnce(m map[string][]entry, key string, b *binding, subject int) {
	if l := m[key]; len(l) == 0 || l[len(l)-1].binding != b {
		m[key] = append(l, entry{binding: b, subject: subject})
	}
}

func noteRepeats(l []entry) {
	if len(l) < 2 {
		return
	}
	seen := make(map[roleKey]struct{}, len(l))
	for i := range l {
		role := l[i].role()
		_, l[i].repeats = seen[role]
		seen[role] = struct{}{}
	}
}

// first is the first subject of a binding that the user is; false when he is none.
func (s *scope) first(b *binding, user *resource.UserInfo) (subject int, found bool) {
	look := func(l []entry) {
		i, has := slices.BinarySearchFunc(l, b.name, func(e entry, name string) int { return cmp.Compare(e.name, name) })
		if has && l[i].binding == b && (!found || l[i].subject < subject) {
			subject, found = l[i].subject, true
		}
	}
	look(s.users[user.Name])
	for _, g := range user.Groups {
		look(s.groups[g])
	}
	return subject, found
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
func (s *scope) visit(user *resource.UserInfo, f func(entry) bool) bool {
	if s == nil {
		return true
	}
	for _, e := range s.users[user.Name] {
		if !f(e) {
			return false
		}
	}
	for _, g := range user.Groups {
		for _, e := range s.groups[g] {
			if !f(e) {
				return false
			}
		}
	}
	return true
}

// describe tells which binding it is and through which of its subjects it is for the user: the first that he is.
func (s *scope) describe(b *binding, user *resource.UserInfo) string {
	out := "ClusterRoleBinding " + strconv.Quote(b.name)
	if b.namespace != "" {
		out = "RoleBinding " + strconv.Quote(b.name+"/"+b.namespace)
	}
	out += " of " + b.ref.Kind + " " + strconv.Quote(b.ref.Name) + " to "
	if i, found := s.first(b, user); found {
		return out + b.subjects[i].Kind + " " + strconv.Quote(b.subjectName(&b.subjects[i]))
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
