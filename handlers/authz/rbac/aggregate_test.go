package rbac

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
)

// aggregated is a cluster role with labels that gathers from the roles with any of the labels from.
func aggregated(name string, labels, from []string, rules ...rbacv1.PolicyRule) *rbacv1.ClusterRole {
	o := clusterRole(name, rules...)
	o.Labels = map[string]string{}
	for _, l := range labels {
		o.Labels[l] = "true"
	}
	for _, l := range from {
		if o.AggregationRule == nil {
			o.AggregationRule = &rbacv1.AggregationRule{}
		}
		o.AggregationRule.ClusterRoleSelectors = append(o.AggregationRule.ClusterRoleSelectors, metav1.LabelSelector{MatchLabels: map[string]string{l: "true"}})
	}
	return o
}

func known(all ...*rbacv1.ClusterRole) map[string]*rbacv1.ClusterRole {
	out := map[string]*rbacv1.ClusterRole{}
	for _, o := range all {
		out[o.Name] = o
	}
	return out
}

func TestAggregate(t *testing.T) {
	bad := aggregated("bad", nil, []string{"x"})
	bad.AggregationRule.ClusterRoleSelectors[0].MatchExpressions = []metav1.LabelSelectorRequirement{{Key: "k", Operator: "Nonsense"}}
	for _, c := range []struct {
		name  string
		roles map[string]*rbacv1.ClusterRole
		want  map[string]string
		err   string
	}{
		{"a chain, each rule once, by selector and name", known(
			aggregated("admin", nil, []string{"to-admin"}),
			aggregated("edit", []string{"to-admin"}, []string{"to-edit"}),
			aggregated("view", []string{"to-edit"}, []string{"to-view", "more"}, rule("get core old")),
			aggregated("c", []string{"to-view"}, nil, rule("get core c"), rule("get core b")),
			aggregated("b", []string{"to-view", "to-admin"}, nil, rule("get core b")),
			aggregated("a", []string{"more"}, nil, rule("get core a")),
		), map[string]string{"admin": "b c a", "edit": "b c a", "view": "b c a"}, ""},
		{"what is right already is left out", known(
			aggregated("view", nil, []string{"to-view"}, rule("get core a")),
			aggregated("a", []string{"to-view"}, nil, rule("get core a")),
		), map[string]string{}, ""},
		{"nothing to gather empties a role", known(aggregated("view", nil, []string{"to-view"}, rule("get core a"))), map[string]string{"view": ""}, ""},
		{"not from itself", known(aggregated("view", []string{"to-view"}, []string{"to-view"}, rule("get core a"))), map[string]string{"view": ""}, ""},
		{"a faulty role keeps no other back", known(bad,
			aggregated("view", nil, []string{"to-view"}), aggregated("a", []string{"to-view"}, nil, rule("get core a")),
		), map[string]string{"view": "a"}, "the aggregation rule of cluster role bad"},
		{"a circle that does not settle", known(
			aggregated("x", []string{"x"}, []string{"y"}, rule("get core x")),
			aggregated("y", []string{"y"}, []string{"z"}, rule("get core y")),
			aggregated("z", []string{"z"}, []string{"x"}, rule("get core z")),
			aggregated("view", nil, []string{"to-view"}), aggregated("a", []string{"to-view"}, nil, rule("get core a")),
		), map[string]string{"view": "a"}, "gathers from itself through others"},
	} {
		got, err := Aggregate(c.roles)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v", c.name, err)
		}
		short := map[string]string{}
		for name, rules := range got {
			var names []string
			for _, r := range rules {
				names = append(names, r.Resources...)
			}
			short[name] = strings.Join(names, " ")
		}
		if !maps.Equal(short, c.want) {
			t.Errorf("%s: %v, want %v", c.name, short, c.want)
		}
		// Who applies the result finds nothing to do any more.
		for name, rules := range got {
			c.roles[name] = c.roles[name].DeepCopy()
			c.roles[name].Rules = rules
		}
		if again, _ := Aggregate(c.roles); len(again) > 0 {
			t.Errorf("%s: not settled: %s", c.name, fmt.Sprint(again))
		}
	}
}
