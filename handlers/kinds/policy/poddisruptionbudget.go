package policy

import (
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	policyv1 "github.com/gatehouse-dev/gatehouse/gen/types/policy/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var disruptionBudgets = kind.Kind{
	Group: group, Resource: "poddisruptionbudgets",
	Strategy:     disruptionBudget,
	Subresources: map[string]kind.Strategy{"status": disruptionBudgetStatus},
}

func disruptionBudget(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateName = kind.PathSegment
	s.Validate = kind.Check(func(o *policyv1.PodDisruptionBudget) (errs field.ErrorList) {
		if o.Spec.MinAvailable != nil && o.Spec.MaxUnavailable != nil {
			errs = append(errs, field.Invalid(spec, display.Value(o.Spec), "minAvailable and maxUnavailable cannot be both set"))
		}
		errs = append(errs, kind.Amount(o.Spec.MinAvailable, true, spec.Child("minAvailable"))...)
		errs = append(errs, kind.Amount(o.Spec.MaxUnavailable, true, spec.Child("maxUnavailable"))...)
		return append(errs, kind.LabelSelector(o.Spec.Selector, spec.Child("selector"))...)
	})
}

func disruptionBudgetStatus(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	conditions := kind.CheckUpdate(func(o, _ *policyv1.PodDisruptionBudget) field.ErrorList {
		return metavalidation.ValidateConditions(o.Status.Conditions, field.NewPath("status", "conditions"))
	})
	s.ValidateUpdate = kind.CheckAllUpdate(conditions, kind.Counts(row, "disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"))
}
