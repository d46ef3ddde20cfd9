package rbac

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Aggregate says what rules the aggregated roles should have, for those that have others. A role that gathers from one that
// gathers itself has the final rules of that one, so applying the result once is enough. The error names roles that stay as
// they are because they ask for what cannot be; the result holds for the rest.
func Aggregate(known map[string]*rbacv1.ClusterRole) (map[string][]rbacv1.PolicyRule, error) {
	names := slices.Sorted(maps.Keys(known))
	selectors, errs := aggregationSelectors(names, known)
	rules := make(map[string][]rbacv1.PolicyRule, len(known))
	for name, role := range known {
		rules[name] = role.Rules
	}
	// Each round carries rules one step further, so as many rounds as there are aggregated roles reach the end of every
	// chain. What changes after that gathers from itself through others and would change for ever.
	circle := map[string]bool{}
	for round, settled := 0, false; !settled && round < 2*len(selectors); round++ {
		settled = true
		for _, name := range names {
			if selectors[name] == nil {
				continue
			}
			if next := gather(name, names, selectors[name], known, rules); !equality.Semantic.DeepEqual(next, rules[name]) {
				rules[name], settled = next, false
				if round >= len(selectors) {
					circle[name] = true
				}
			}
		}
	}
	out := map[string][]rbacv1.PolicyRule{}
	for name := range selectors {
		if circle[name] {
			errs = append(errs, fmt.Errorf("cluster role %s gathers from itself through others", name))
		} else if !equality.Semantic.DeepEqual(rules[name], known[name].Rules) {
			out[name] = rules[name]
		}
	}
	return out, errors.Join(errs...)
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

// gather joins the rules of the roles that are selected, by selector and then by name, each rule once: the order of the
// original's controller, so that the two agree.
func gather(name string, names []string, selectors []labels.Selector, known map[string]*rbacv1.ClusterRole, rules map[string][]rbacv1.PolicyRule) []rbacv1.PolicyRule {
	var out []rbacv1.PolicyRule
	for _, selector := range selectors {
		for _, other := range names {
			if other == name || !selector.Matches(labels.Set(known[other].Labels)) {
				continue
			}
			for _, rule := range rules[other] {
				if !slices.ContainsFunc(out, func(r rbacv1.PolicyRule) bool { return equality.Semantic.DeepEqual(r, rule) }) {
					out = append(out, rule)
				}
			}
		}
	}
	return out
}

// Aggregator fills in aggregated cluster roles whenever one changes, so that no controller-manager is needed for it. Beside
// the original's controller, or another server's, it does no harm: all come to the same rules, and who comes second finds
// nothing to do. Make one with NewAggregator.
type Aggregator struct {
	writer resource.Writer
	log    *slog.Logger
	latest chan map[string]*rbacv1.ClusterRole
	retry  time.Duration
}

// NewAggregator makes an aggregator; Observe is to be given to New, and Run must run.
func NewAggregator(writer resource.Writer, log *slog.Logger) *Aggregator {
	return &Aggregator{writer: writer, log: log, latest: make(chan map[string]*rbacv1.ClusterRole, 1), retry: time.Second}
}

// Observe takes all cluster roles as they are now. It never blocks: a state that nobody has looked at is dropped for the
// newer one. It must be called by one goroutine only.
func (a *Aggregator) Observe(known map[string]*rbacv1.ClusterRole) {
	select {
	case <-a.latest:
	default:
	}
	a.latest <- known
}

// Run fills in what changes until ctx ends.
func (a *Aggregator) Run(ctx context.Context) {
	for {
		var known map[string]*rbacv1.ClusterRole
		select {
		case <-ctx.Done():
			return
		case known = <-a.latest:
		}
		for !a.apply(ctx, known) {
			select {
			case <-ctx.Done():
				return
			case known = <-a.latest:
			case <-time.After(a.retry):
			}
		}
	}
}

// apply stores the rules that should be; false when that is to be tried again.
func (a *Aggregator) apply(ctx context.Context, known map[string]*rbacv1.ClusterRole) bool {
	wanted, err := Aggregate(known)
	if err != nil {
		// Trying again would not help before somebody changes the roles.
		a.log.Error("some cluster roles are not aggregated", "error", err)
	}
	done := true
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		gvr := schema.GroupVersionResource{Group: group, Version: "v1", Resource: "clusterroles"}
		_, err := a.writer.Update(ctx, resource.OwnWrite{Resource: gvr, Name: name}, func(o object.Object) error {
			role, ok := o.(*rbacv1.ClusterRole)
			if !ok {
				return fmt.Errorf("unexpected type %T", o)
			}
			if role.AggregationRule != nil && !equality.Semantic.DeepEqual(role.Rules, wanted[name]) {
				role.Rules = wanted[name]
			}
			return nil
		})
		if err != nil && !apierrors.IsNotFound(err) && ctx.Err() == nil {
			a.log.Error("an aggregated cluster role could not be filled in", "name", name, "error", err)
			done = false
		}
	}
	return done
}
