package authz

import (
	"context"
	"strings"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Union asks one authorizer after another until one allows or denies. The reasons and errors of those without opinion are
// joined.
type Union []Authorizer

// Authorize is the first decision.
func (u Union) Authorize(ctx context.Context, a Attributes) (Decision, string, error) {
	var reasons []string
	var errs []error
	for _, x := range u {
		decision, reason, err := x.Authorize(ctx, a)
		if decision != NoOpinion {
			return decision, reason, err
		}
		if err != nil {
			errs = append(errs, err)
		}
		if reason != "" {
			reasons = append(reasons, reason)
		}
	}
	if len(errs) == 0 {
		return NoOpinion, strings.Join(reasons, "\n"), nil
	}
	return NoOpinion, strings.Join(reasons, "\n"), utilerrors.NewAggregate(errs)
}

// Rules joins what the members that can tell it know of a user's rights.
func (u Union) Rules(ctx context.Context, user *resource.UserInfo, namespace string) (RuleSet, error) {
	var all RuleSet
	var errs []error
	for _, x := range u {
		r, ok := x.(RuleResolver)
		if !ok {
			continue
		}
		rules, err := r.Rules(ctx, user, namespace)
		if err != nil {
			errs = append(errs, err)
		}
		all.Resource = append(all.Resource, rules.Resource...)
		all.NonResource = append(all.NonResource, rules.NonResource...)
		all.Incomplete = all.Incomplete || rules.Incomplete
	}
	if len(errs) == 0 {
		return all, nil
	}
	return all, utilerrors.NewAggregate(errs)
}
