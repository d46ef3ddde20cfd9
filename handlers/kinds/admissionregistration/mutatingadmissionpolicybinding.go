package admissionregistration

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	admissionregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var mutatingBindings = kind.Kind{Group: group, Resource: "mutatingadmissionpolicybindings", Strategy: mutatingBinding, Cells: bindingCells}

func mutatingBinding(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.Warnings = staticName
	kind.JudgeAlike(s, kind.Version[*admissionregistrationv1.MutatingAdmissionPolicyBinding](row, "v1", nil).Check(validateMutatingBinding))
}

func validateMutatingBinding(o *admissionregistrationv1.MutatingAdmissionPolicyBinding) field.ErrorList {
	errs := policyName(o.Spec.PolicyName, specPath.Child("policyName"))
	errs = append(errs, boundParams(o.Spec.ParamRef, specPath.Child("paramRef"))...)
	errs = append(errs, matchResources(o.Spec.MatchResources, specPath.Child("matchResources"))...)
	return append(errs, mutable(o.Spec.MatchResources, specPath.Child("matchResources"))...)
}
