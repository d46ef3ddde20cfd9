package bootstrap

import (
	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Default objects that were split off from others in upstream's history. In a store that is older than the split they
// begin with what the administrator made of the others, so that nothing he added is lost and nothing he took away returns.
var (
	aggregatedFrom = map[string]string{
		"system:aggregate-to-admin": "admin", "system:aggregate-to-edit": "edit", "system:aggregate-to-view": "view",
	}
	splitFrom = map[string]string{"system:public-info-viewer": "system:discovery"}
)

// inherit is a default object as it is to be created beside what is there already.
func inherit(wanted object.Object, there map[place]object.Object) object.Object {
	switch w := wanted.(type) {
	case *rbacv1.ClusterRole:
		old, ok := there[place{"ClusterRole", "", aggregatedFrom[w.Name]}].(*rbacv1.ClusterRole)
		if !ok || old.AggregationRule != nil { // aggregated already: its rules come from elsewhere
			return wanted
		}
		first := &rbacv1.ClusterRole{TypeMeta: w.TypeMeta, Rules: old.Rules}
		return inherited(first, old, wanted)
	case *rbacv1.ClusterRoleBinding:
		old, ok := there[place{"ClusterRoleBinding", "", splitFrom[w.Name]}].(*rbacv1.ClusterRoleBinding)
		if !ok {
			return wanted
		}
		first := &rbacv1.ClusterRoleBinding{TypeMeta: w.TypeMeta, RoleRef: w.RoleRef, Subjects: old.Subjects}
		return inherited(first, old, wanted)
	}
	return wanted
}

// inherited completes an object that begins as another one: it is brought up to date unless it is not to be changed.
func inherited(first, old, wanted object.Object) object.Object {
	first.SetName(wanted.GetName())
	first.SetLabels(old.GetLabels())
	first.SetAnnotations(old.GetAnnotations())
	first = object.Copy(first)
	reconcile(first, wanted)
	return first
}
