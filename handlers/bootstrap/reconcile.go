package bootstrap

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/rbac"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// reconcile adds to live what wanted has beyond it and says whether that changed anything. Values that an administrator
// gave to a label or an annotation win.
func reconcile(live, wanted object.Object) (changed bool) {
	if protected(live) {
		return false
	}
	if m := merged(live.GetLabels(), wanted.GetLabels()); m != nil {
		live.SetLabels(m)
		changed = true
	}
	if m := merged(live.GetAnnotations(), wanted.GetAnnotations()); m != nil {
		live.SetAnnotations(m)
		changed = true
	}
	switch live := live.(type) {
	case *rbacv1.ClusterRole:
		if wanted, ok := wanted.(*rbacv1.ClusterRole); ok {
			// The rules of an aggregated role come from elsewhere.
			if wanted.AggregationRule == nil {
				changed = addRules(&live.Rules, wanted.Rules) || changed
			}
			return addSelectors(live, wanted.AggregationRule) || changed
		}
	case *rbacv1.Role:
		if wanted, ok := wanted.(*rbacv1.Role); ok {
			return addRules(&live.Rules, wanted.Rules) || changed
		}
	case *rbacv1.ClusterRoleBinding:
		if wanted, ok := wanted.(*rbacv1.ClusterRoleBinding); ok {
			return addSubjects(&live.Subjects, wanted.Subjects) || changed
		}
	case *rbacv1.RoleBinding:
		if wanted, ok := wanted.(*rbacv1.RoleBinding); ok {
			return addSubjects(&live.Subjects, wanted.Subjects) || changed
		}
	}
	return changed
}

// protected objects are not to be changed by the server.
func protected(o object.Object) bool { return o.GetAnnotations()[autoUpdate] == "false" }

// merged is have and what wanted has beyond it; nil when that is nothing.
func merged(have, wanted map[string]string) map[string]string {
	var out map[string]string
	for k, v := range wanted {
		if _, ok := have[k]; ok {
			continue
		}
		if out == nil {
			if out = maps.Clone(have); out == nil {
				out = map[string]string{}
			}
		}
		out[k] = v
	}
	return out
}

func addRules(have *[]rbacv1.PolicyRule, wanted []rbacv1.PolicyRule) bool {
	// The default rules are few enough to compare.
	missing, _ := rbac.Missing(*have, wanted)
	*have = append(*have, missing...)
	return len(missing) > 0
}

// addSelectors also ends the aggregation of a role that is not to be aggregated: its rules would be overwritten.
func addSelectors(live *rbacv1.ClusterRole, wanted *rbacv1.AggregationRule) (changed bool) {
	if wanted == nil {
		changed = live.AggregationRule != nil
		live.AggregationRule = nil
		return changed
	}
	if live.AggregationRule == nil {
		live.AggregationRule, changed = &rbacv1.AggregationRule{}, true
	}
	have := &live.AggregationRule.ClusterRoleSelectors
	for _, s := range wanted.ClusterRoleSelectors {
		if !slices.ContainsFunc(*have, func(h metav1.LabelSelector) bool { return equality.Semantic.DeepEqual(h, s) }) {
			*have = append(*have, s)
			changed = true
		}
	}
	return changed
}

func addSubjects(have *[]rbacv1.Subject, wanted []rbacv1.Subject) (changed bool) {
	for _, s := range wanted {
		if !slices.Contains(*have, s) {
			*have = append(*have, s)
			changed = true
		}
	}
	return changed
}

// otherRole says that a binding is of another role than it should be. A role reference cannot be changed, so the binding
// has to be made anew.
func otherRole(live, wanted object.Object) bool {
	if protected(live) {
		return false
	}
	switch live := live.(type) {
	case *rbacv1.ClusterRoleBinding:
		w, ok := wanted.(*rbacv1.ClusterRoleBinding)
		return ok && live.RoleRef != w.RoleRef
	case *rbacv1.RoleBinding:
		w, ok := wanted.(*rbacv1.RoleBinding)
		return ok && live.RoleRef != w.RoleRef
	}
	return false
}
