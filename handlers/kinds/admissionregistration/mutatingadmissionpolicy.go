package admissionregistration

import (
	"context"
	"strings"

	"github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	admissionregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/expression"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var mutatingPolicies = kind.Kind{Group: group, Resource: "mutatingadmissionpolicies", Strategy: mutatingPolicy}

type mutatingAdmissionPolicy = *admissionregistrationv1.MutatingAdmissionPolicy

func mutatingPolicy(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.Warnings = staticName
	v := kind.Version[mutatingAdmissionPolicy](row, "v1", nil)
	s.ValidateCreate = v.CheckIn(func(ctx context.Context, o mutatingAdmissionPolicy) field.ErrorList {
		return validateMutatingPolicy(ctx, o, nil)
	})
	s.ValidateUpdate = kind.CheckAllUpdate(kind.GeneratedName, v.CheckUpdateIn(validateMutatingPolicy))
	p := paramRights{d, row}
	guard(s, v, p, func(ctx context.Context, a *resource.Attempt, o, old mutatingAdmissionPolicy) error {
		var was *admissionregistrationv1.ParamKind
		if old != nil {
			was = old.Spec.ParamKind
		}
		return p.policy(ctx, a, o, o.Spec.ParamKind, was)
	})
}

func validateMutatingPolicy(ctx context.Context, o, old mutatingAdmissionPolicy) (errs field.ErrorList) {
	spec, c := &o.Spec, expression.Empty
	if len(spec.Variables) > 0 {
		c = expression.Composed()
	}
	conditions, configurations := mutatingExpressions(old)
	d := expression.Declared{Params: spec.ParamKind != nil, Authorizer: true}
	errs = append(errs, needed(specPath.Child("failurePolicy"), spec.FailurePolicy, failurePolicies)...)
	errs = append(errs, paramKind(spec.ParamKind, specPath.Child("paramKind"))...)
	errs = append(errs, constraints(spec.MatchConstraints, specPath.Child("matchConstraints"))...)
	errs = append(errs, mutable(spec.MatchConstraints, specPath.Child("matchConstraints"))...)
	if old == nil || !equality.Semantic.DeepEqual(spec.ParamKind, old.Spec.ParamKind) || !equality.Semantic.DeepEqual(spec.MatchConditions, old.Spec.MatchConditions) {
		errs = append(errs, matchConditions(ctx, spec.MatchConditions, d, conditions, specPath.Child("matchConditions"))...)
	}
	errs = append(errs, policyVariables(ctx, spec.Variables, c, d, nil, specPath.Child("variables"))...)
	if len(spec.Mutations) == 0 {
		errs = append(errs, field.Required(specPath.Child("mutations"), "mutations must contain at least one item"))
	}
	d.Patches = true
	for i := range spec.Mutations {
		errs = append(errs, mutation(ctx, &spec.Mutations[i], c, d, configurations, specPath.Child("mutations").Index(i))...)
	}
	return append(errs, kind.Needed(specPath.Child("reinvocationPolicy"), spec.ReinvocationPolicy, func(path *field.Path, s string) field.ErrorList {
		return kind.Among(path, s, reinvocationPolicies...)
	})...)
}

// mutatingExpressions are the expressions that count as unchanged. Upstream treats those of JSON patches as new in any case.
func mutatingExpressions(old mutatingAdmissionPolicy) (conditions, configurations map[string]bool) {
	conditions, configurations = map[string]bool{}, map[string]bool{}
	if old == nil {
		return conditions, configurations
	}
	for _, c := range old.Spec.MatchConditions {
		conditions[c.Expression] = true
	}
	for _, m := range old.Spec.Mutations {
		if m.ApplyConfiguration != nil {
			configurations[m.ApplyConfiguration.Expression] = true
		}
	}
	return conditions, configurations
}

// The result types of mutation expressions.
var (
	applyResult = cel.ObjectType("Object")
	patchResult = cel.ListType(cel.ObjectType("JSONPatch"))
)

// mutation requires the member that its type names and no other.
func mutation(ctx context.Context, m *admissionregistrationv1.Mutation, c *expression.Compiler, d expression.Declared, known map[string]bool, path *field.Path) (errs field.ErrorList) {
	apply, patch := path.Child("applyConfiguration"), path.Child("jsonPatch")
	switch m.PatchType {
	case "":
		errs = append(errs, field.Required(path.Child("patchType"), ""))
	case "JSONPatch":
		if m.JSONPatch == nil {
			errs = append(errs, field.Required(patch, "must be specified when patchType is JSONPatch"))
		} else {
			errs = append(errs, mutationExpression(ctx, m.JSONPatch.Expression, c, d, known, patchResult, patch.Child("expression"))...)
		}
		if m.ApplyConfiguration != nil {
			errs = append(errs, field.Invalid(apply, "{applyConfiguration}", "must not be specified when patchType is JSONPatch"))
		}
	case "ApplyConfiguration":
		if m.ApplyConfiguration == nil {
			errs = append(errs, field.Required(apply, "must be specified when patchType is ApplyConfiguration"))
		} else {
			errs = append(errs, mutationExpression(ctx, m.ApplyConfiguration.Expression, c, d, known, applyResult, apply.Child("expression"))...)
		}
		if m.JSONPatch != nil {
			errs = append(errs, field.Invalid(patch, "{jsonPatch}", "must not be specified when patchType is ApplyConfiguration"))
		}
	default:
		errs = append(errs, field.NotSupported(path.Child("patchType"), m.PatchType, []string{"ApplyConfiguration", "JSONPatch"}))
	}
	return errs
}

func mutationExpression(ctx context.Context, text string, c *expression.Compiler, d expression.Declared, known map[string]bool, result *cel.Type, path *field.Path) field.ErrorList {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	_, fault := c.Compile(ctx, trimmed, d, age(text, known), result)
	return celFault(path, trimmed, fault)
}
