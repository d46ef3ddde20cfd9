package admissionregistration

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation/field"

	admissionregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var mutatingBindings = kind.Kind{Group: group, Resource: "mutatingadmissionpolicybindings", Strategy: mutatingBinding, Cells: bindingCells}

func mutatingBinding(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.Warnings = staticName
	v := kind.Version[*admissionregistrationv1.MutatingAdmissionPolicyBinding](row, "v1", nil)
	kind.JudgeAlike(s, v.Check(validateMutatingBinding))
	p := paramRights{d, row}
	guard(s, v, p, func(ctx context.Context, a *resource.Attempt, o, _ *admissionregistrationv1.MutatingAdmissionPolicyBinding) error {
		return p.binding(ctx, a, o, "mutatingadmissionpolicies", o.Spec.PolicyName, o.Spec.ParamRef)
	})
}

func validateMutatingBinding(o *admissionregistrationv1.MutatingAdmissionPolicyBinding) field.ErrorList {
	errs := policyName(o.Spec.PolicyName, specPath.Child("policyName"))
	errs = append(errs, boundParams(o.Spec.ParamRef, specPath.Child("paramRef"))...)
	errs = append(errs, matchResources(o.Spec.MatchResources, specPath.Child("matchResources"))...)
	return append(errs, mutable(o.Spec.MatchResources, specPath.Child("matchResources"))...)
}
