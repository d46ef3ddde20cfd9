package rbac

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation/field"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var clusterRoles = kind.Kind{Group: group, Resource: "clusterroles", Strategy: clusterRole}

func clusterRole(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	e := newEscalation(d, row.Resource)
	s.ValidateName = kind.PathSegment
	s.PrepareForCreate = kind.OnCreate(func(ctx context.Context, a *resource.Attempt, o *rbacv1.ClusterRole) error {
		return e.refused(o.Name, e.clusterRole(ctx, a, o, nil))
	})
	s.PrepareForUpdate = kind.OnUpdate(func(ctx context.Context, a *resource.Attempt, o, old *rbacv1.ClusterRole) error {
		if onlyGarbage(o, old) {
			return nil
		}
		return e.refused(o.Name, e.clusterRole(ctx, a, o, old))
	})
	s.Validate = kind.Check(func(o *rbacv1.ClusterRole) field.ErrorList {
		return append(policyRules(o.Rules, false), aggregation(o.AggregationRule, field.NewPath("aggregationRule", "clusterRoleSelectors"))...)
	})
}

func aggregation(r *rbacv1.AggregationRule, path *field.Path) (errs field.ErrorList) {
	if r == nil {
		return nil
	}
	if len(r.ClusterRoleSelectors) == 0 {
		errs = append(errs, field.Required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"))
	}
	for i := range r.ClusterRoleSelectors {
		found := kind.LabelSelector(&r.ClusterRoleSelectors[i], path.Index(i))
		if errs = append(errs, found...); len(found) > 0 {
			errs = append(errs, field.Invalid(path.Index(i), nil, "invalid label selector."))
		}
	}
	return errs
}
