package rbac

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation/field"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var roles = kind.Kind{Group: group, Resource: "roles", Strategy: role}

func role(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	e := newEscalation(d, row.Resource)
	s.ValidateName = kind.PathSegment
	s.PrepareForCreate = kind.OnCreate(func(ctx context.Context, a *resource.Attempt, o *rbacv1.Role) error {
		_, err := e.role(ctx, a, o.Namespace, o.Rules)
		return e.refused(o.Name, err)
	})
	s.PrepareForUpdate = kind.OnUpdate(func(ctx context.Context, a *resource.Attempt, o, old *rbacv1.Role) error {
		if onlyGarbage(o, old) {
			return nil
		}
		_, err := e.role(ctx, a, o.Namespace, o.Rules)
		return e.refused(o.Name, err)
	})
	s.Validate = kind.Check(func(o *rbacv1.Role) field.ErrorList { return policyRules(o.Rules, true) })
}

// policyRules validates rules, each of which is about resources or, in cluster roles, about non-resource URLs.
func policyRules(rules []rbacv1.PolicyRule, namespaced bool) (errs field.ErrorList) {
	for i, r := range rules {
		path := field.NewPath("rules").Index(i)
		if len(r.Verbs) == 0 {
			errs = append(errs, field.Required(path.Child("verbs"), "verbs must contain at least one value"))
		}
		if len(r.NonResourceURLs) > 0 {
			if namespaced {
				errs = append(errs, field.Invalid(path.Child("nonResourceURLs"), r.NonResourceURLs, "namespaced rules cannot apply to non-resource URLs"))
			}
			if len(r.APIGroups)+len(r.Resources)+len(r.ResourceNames) > 0 {
				errs = append(errs, field.Invalid(path.Child("nonResourceURLs"), r.NonResourceURLs, "rules cannot apply to both regular resources and non-resource URLs"))
			}
			continue
		}
		if len(r.APIGroups) == 0 {
			errs = append(errs, field.Required(path.Child("apiGroups"), "resource rules must supply at least one api group"))
		}
		if len(r.Resources) == 0 {
			errs = append(errs, field.Required(path.Child("resources"), "resource rules must supply at least one resource"))
		}
	}
	return errs
}
