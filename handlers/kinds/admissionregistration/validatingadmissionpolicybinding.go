package admissionregistration

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation/field"

	admissionregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var validatingBindings = kind.Kind{Group: group, Resource: "validatingadmissionpolicybindings", Strategy: validatingBinding, Cells: bindingCells}

func validatingBinding(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.Warnings = staticName
	v := kind.Version[*admissionregistrationv1.ValidatingAdmissionPolicyBinding](row, "v1", nil)
	kind.JudgeAlike(s, v.Check(validateValidatingBinding))
	p := paramRights{d, row}
	guard(s, v, p, func(ctx context.Context, a *resource.Attempt, o, _ *admissionregistrationv1.ValidatingAdmissionPolicyBinding) error {
		return p.binding(ctx, a, o, "validatingadmissionpolicies", o.Spec.PolicyName, o.Spec.ParamRef)
	})
}

func validateValidatingBinding(o *admissionregistrationv1.ValidatingAdmissionPolicyBinding) field.ErrorList {
	errs := policyName(o.Spec.PolicyName, specPath.Child("policyName"))
	errs = append(errs, boundParams(o.Spec.ParamRef, specPath.Child("paramRef"))...)
	errs = append(errs, matchResources(o.Spec.MatchResources, specPath.Child("matchResources"))...)
	return append(errs, validationActions(o.Spec.ValidationActions, specPath.Child("validationActions"))...)
}

// validationActions are the reactions to a failed validation.
func validationActions(actions []string, path *field.Path) (errs field.ErrorList) {
	seen := map[string]bool{}
	for i, action := range actions {
		errs = append(errs, kind.Among(path.Index(i), action, "Audit", "Deny", "Warn")...)
		if seen[action] {
			errs = append(errs, field.Duplicate(path.Index(i), action))
		}
		seen[action] = true
	}
	if seen["Deny"] && seen["Warn"] {
		errs = append(errs, field.Invalid(path, actions, "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"))
	}
	if len(actions) == 0 {
		errs = append(errs, field.Required(path, "at least one validation action is required"))
	}
	return errs
}
