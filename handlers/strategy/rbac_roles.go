package strategy

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func guardRoles(d *Deps, row resources.Row, s *resource.Strategy) {
	e := newEscalation(d, row.Resource)
	check := func(ctx context.Context, a *resource.Attempt, o *rbacv1.Role) error {
		if _, err := e.role(ctx, a, o.Namespace, o.Rules); err != nil {
			return apierrors.NewForbidden(object.GroupResource(rbacGroup, row.Resource), o.Name, err)
		}
		return nil
	}
	s.PrepareForCreate = onCreate(check)
	s.PrepareForUpdate = onUpdate(func(ctx context.Context, a *resource.Attempt, o, old *rbacv1.Role) error {
		if onlyGarbage(o, old) {
			return nil
		}
		return check(ctx, a, o)
	})
}

func guardClusterRoles(d *Deps, row resources.Row, s *resource.Strategy) {
	e := newEscalation(d, row.Resource)
	check := func(ctx context.Context, a *resource.Attempt, o, old *rbacv1.ClusterRole) error {
		mayEscalate, err := e.role(ctx, a, "", o.Rules)
		// Who changes an aggregation rule gathers what he likes, and who removes one keeps what it gathered.
		if err == nil && !mayEscalate && (aggregates(o) || old != nil && aggregates(old)) {
			if _, err = e.role(ctx, a, "", full); err != nil {
				err = errAggregation
			}
		}
		if err != nil {
			return apierrors.NewForbidden(object.GroupResource(rbacGroup, row.Resource), o.Name, err)
		}
		return nil
	}
	s.PrepareForCreate = onCreate(func(ctx context.Context, a *resource.Attempt, o *rbacv1.ClusterRole) error {
		return check(ctx, a, o, nil)
	})
	s.PrepareForUpdate = onUpdate(func(ctx context.Context, a *resource.Attempt, o, old *rbacv1.ClusterRole) error {
		if onlyGarbage(o, old) {
			return nil
		}
		return check(ctx, a, o, old)
	})
}

func aggregates(o *rbacv1.ClusterRole) bool {
	return o.AggregationRule != nil && len(o.AggregationRule.ClusterRoleSelectors) > 0
}
