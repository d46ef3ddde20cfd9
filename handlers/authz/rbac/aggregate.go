package rbac

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
)

// Aggregate says what rules the aggregated roles should have, for those that have others. A role that gathers from one that
// gathers itself has the final rules of that one, so applying the result once is enough. The error names roles that stay as
// they are because they ask for what cannot be; the result holds for the rest.
func Aggregate(known map[string]*rbacv1.ClusterRole) (map[string][]rbacv1.PolicyRule, error) {
	a := newAggregation(known)
	a.run()
	out := map[string][]rbacv1.PolicyRule{}
	for name := range a.selectors {
		if !equality.Semantic.DeepEqual(a.rules[name], known[name].Rules) {
			out[name] = a.rules[name]
		}
	}
	return out, errors.Join(a.errs...)
}

// aggregation is one run of Aggregate. A role is settled after those that it aggregates, in an order that Tarjan's algorithm
// finds: each is gathered for once, but for those that gather from each other in a circle.
type aggregation struct {
	known map[string]*rbacv1.ClusterRole
	names []string
	// selectors are those of the aggregated roles, sources the names of the roles that these select, in order.
	selectors map[string][]labels.Selector
	sources   map[string][]string
	rules     map[string][]rbacv1.PolicyRule
	errs      []error
	// gathered is how often rules were gathered, joined how many rules were looked at for that.
	gathered, joined int

	// What the algorithm needs: when a role was come to first, the first one that it leads back to, and the roles that are
	// not settled.
	order, low map[string]int
	open       []string
	isOpen     map[string]bool
}

func newAggregation(known map[string]*rbacv1.ClusterRole) *aggregation {
	a := &aggregation{
		known: known, names: slices.Sorted(maps.Keys(known)), sources: map[string][]string{},
		rules: make(map[string][]rbacv1.PolicyRule, len(known)), order: map[string]int{}, low: map[string]int{}, isOpen: map[string]bool{},
	}
	a.selectors, a.errs = aggregationSelectors(a.names, known)
	for name, role := range known {
		a.rules[name] = role.Rules
	}
	for name, selectors := range a.selectors {
		a.sources[name] = a.selected(name, selectors)
	}
	return a
}

// selected are the other roles that selectors pick, by selector and then by name: the order of upstream's controller, so
// that the two agree.
func (a *aggregation) selected(name string, selectors []labels.Selector) (out []string) {
	seen := map[string]bool{name: true}
	for _, selector := range selectors {
		for _, other := range a.names {
			if !seen[other] && selector.Matches(labels.Set(a.known[other].Labels)) {
				seen[other] = true
				out = append(out, other)
			}
		}
	}
	return out
}

func (a *aggregation) run() {
	for _, name := range a.names {
		if a.selectors[name] != nil && a.order[name] == 0 {
			a.visit(name)
		}
	}
}

// visit settles the roles that an aggregated role gathers from, and then itself, with those that gather from it in turn.
func (a *aggregation) visit(name string) {
	a.order[name] = len(a.order) + 1
	a.low[name] = a.order[name]
	a.open, a.isOpen[name] = append(a.open, name), true
	for _, source := range a.sources[name] {
		switch {
		case a.selectors[source] == nil:
		case a.order[source] == 0:
			a.visit(source)
			a.low[name] = min(a.low[name], a.low[source])
		case a.isOpen[source]:
			a.low[name] = min(a.low[name], a.order[source])
		}
	}
	if a.low[name] < a.order[name] {
		return
	}
	var circle []string
	for a.isOpen[name] {
		last := len(a.open) - 1
		circle = append(circle, a.open[last])
		a.isOpen[a.open[last]] = false
		a.open = a.open[:last]
	}
	a.settle(circle)
}

// mostInCircle is how many roles may gather from each other: each round of them carries rules one step further.
const mostInCircle = 50

// settle gathers for one role, or for some that gather from each other: until nothing changes. As many rounds as there are
// roles reach the end of every chain. What changes after that gathers from itself through others and would change for ever.
func (a *aggregation) settle(circle []string) {
	if len(circle) == 1 {
		a.rules[circle[0]] = a.gather(circle[0])
		return
	}
	slices.Sort(circle)
	endless := map[string]bool{}
	if len(circle) > mostInCircle {
		for _, name := range circle {
			endless[name] = true
		}
	}
	for round, settled := 0, len(endless) > 0; !settled && round < 2*len(circle); round++ {
		settled = true
		for _, name := range circle {
			if next := a.gather(name); !equality.Semantic.DeepEqual(next, a.rules[name]) {
				a.rules[name], settled = next, false
				if round >= len(circle) {
					endless[name] = true
				}
			}
		}
	}
	for _, name := range circle {
		if endless[name] {
			a.rules[name] = a.known[name].Rules
			a.errs = append(a.errs, fmt.Errorf("cluster role %s gathers from itself through others", name))
		}
	}
}

// gather joins the rules of the roles that a role selects, each rule once.
func (a *aggregation) gather(name string) []rbacv1.PolicyRule {
	a.gathered++
	var out []rbacv1.PolicyRule
	seen := map[string]struct{}{}
	var key []byte
	for _, source := range a.sources[name] {
		for _, rule := range a.rules[source] {
			a.joined++
			key = appendRule(key[:0], &rule)
			if _, has := seen[string(key)]; !has {
				seen[string(key)] = struct{}{}
				out = append(out, rule)
			}
		}
	}
	return out
}

// appendRule appends a text that only equal rules have.
func appendRule(dst []byte, r *rbacv1.PolicyRule) []byte {
	for _, list := range [][]string{r.Verbs, r.APIGroups, r.Resources, r.ResourceNames, r.NonResourceURLs} {
		dst = append(strconv.AppendInt(dst, int64(len(list)), 10), ' ')
		for _, s := range list {
			dst = append(strconv.AppendInt(dst, int64(len(s)), 10), ' ')
			dst = append(dst, s...)
		}
	}
	return dst
}

// aggregationSelectors are those of the aggregated roles that have readable ones.
func aggregationSelectors(names []string, known map[string]*rbacv1.ClusterRole) (map[string][]labels.Selector, []error) {
	out, errs := map[string][]labels.Selector{}, []error(nil)
	for _, name := range names {
		rule := known[name].AggregationRule
		if rule == nil {
			continue
		}
		selectors := make([]labels.Selector, len(rule.ClusterRoleSelectors))
		var err error
		for i := range rule.ClusterRoleSelectors {
			if selectors[i], err = metav1.LabelSelectorAsSelector(&rule.ClusterRoleSelectors[i]); err != nil {
				errs = append(errs, fmt.Errorf("the aggregation rule of cluster role %s: %w", name, err))
				break
			}
		}
		if err == nil {
			out[name] = selectors
		}
	}
	return out, errs
}
