package admissionregistration

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/api/equality"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	admissionregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/expression"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var validatingPolicies = kind.Kind{
	Group: group, Resource: "validatingadmissionpolicies", Strategy: validatingPolicy,
	Subresources: map[string]kind.Strategy{"status": validatingPolicyStatus},
}

type validatingAdmissionPolicy = *admissionregistrationv1.ValidatingAdmissionPolicy

func validatingPolicy(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.Warnings = staticName
	v := kind.Version[validatingAdmissionPolicy](row, "v1", nil)
	s.ValidateCreate = v.CheckIn(func(ctx context.Context, o validatingAdmissionPolicy) field.ErrorList {
		return validateValidatingPolicy(ctx, o, nil)
	})
	s.ValidateUpdate = kind.CheckAllUpdate(kind.GeneratedName, v.CheckUpdateIn(validateValidatingPolicy))
	p := paramRights{d, row}
	guard(s, v, p, func(ctx context.Context, a *resource.Attempt, o, old validatingAdmissionPolicy) error {
		var was *admissionregistrationv1.ParamKind
		if old != nil {
			was = old.Spec.ParamKind
		}
		return p.policy(ctx, a, o, o.Spec.ParamKind, was)
	})
}

func validatingPolicyStatus(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.Version[validatingAdmissionPolicy](row, "v1", nil).CheckUpdate(func(o, _ validatingAdmissionPolicy) (errs field.ErrorList) {
		path := field.NewPath("status")
		if t := o.Status.TypeChecking; t != nil {
			for i, w := range t.ExpressionWarnings {
				at := path.Child("typeChecking", "expressionWarnings").Index(i)
				if w.Warning == "" {
					errs = append(errs, field.Required(at.Child("warning"), ""))
				}
				errs = append(errs, fieldRef(w.FieldRef, at.Child("fieldRef"))...)
			}
		}
		return append(errs, metavalidation.ValidateConditions(o.Status.Conditions, path.Child("conditions"))...)
	})
}

// validateValidatingPolicy validates a policy. Unchanged expressions may use more of CEL than new ones; old is nil for a create.
func validateValidatingPolicy(ctx context.Context, o, old validatingAdmissionPolicy) (errs field.ErrorList) {
	spec, c := &o.Spec, expression.Plain
	if len(spec.Variables) > 0 {
		c = expression.Composed()
	}
	known := validatingExpressions(old)
	d := expression.Declared{Params: spec.ParamKind != nil, Authorizer: true}
	errs = append(errs, needed(specPath.Child("failurePolicy"), spec.FailurePolicy, failurePolicies)...)
	errs = append(errs, paramKind(spec.ParamKind, specPath.Child("paramKind"))...)
	errs = append(errs, constraints(spec.MatchConstraints, specPath.Child("matchConstraints"))...)
	if old == nil || !equality.Semantic.DeepEqual(spec.ParamKind, old.Spec.ParamKind) || !equality.Semantic.DeepEqual(spec.MatchConditions, old.Spec.MatchConditions) {
		errs = append(errs, matchConditions(ctx, spec.MatchConditions, d, known.conditions, specPath.Child("matchConditions"))...)
	}
	errs = append(errs, policyVariables(ctx, spec.Variables, c, d, known.validations, specPath.Child("variables"))...)
	if len(spec.Validations) == 0 && len(spec.AuditAnnotations) == 0 {
		const one = "validations or auditAnnotations must contain at least one item"
		return append(errs, field.Required(specPath.Child("validations"), one), field.Required(specPath.Child("auditAnnotations"), one))
	}
	for i := range spec.Validations {
		errs = append(errs, policyValidation(ctx, &spec.Validations[i], c, d, known, specPath.Child("validations").Index(i))...)
	}
	return append(errs, auditAnnotations(ctx, o, c, d, known)...)
}

// knownExpressions are those of the old object by field.
type knownExpressions struct{ conditions, validations, messages, values map[string]bool }

func validatingExpressions(old validatingAdmissionPolicy) knownExpressions {
	k := knownExpressions{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	if old == nil {
		return k
	}
	for _, c := range old.Spec.MatchConditions {
		k.conditions[c.Expression] = true
	}
	for _, v := range old.Spec.Validations {
		k.validations[v.Expression], k.messages[v.MessageExpression] = true, v.MessageExpression != ""
	}
	for _, a := range old.Spec.AuditAnnotations {
		k.values[a.ValueExpression] = true
	}
	return k
}

func policyValidation(ctx context.Context, v *admissionregistrationv1.Validation, c *expression.Compiler, d expression.Declared, known knownExpressions, path *field.Path) (errs field.ErrorList) {
	if strings.TrimSpace(v.Expression) == "" {
		errs = append(errs, field.Required(path.Child("expression"), "expression is not specified"))
	} else {
		_, fault := c.Compile(ctx, v.Expression, d, age(v.Expression, known.validations), cel.BoolType)
		errs = append(errs, celFault(path.Child("expression"), v.Expression, fault)...)
	}
	const empty = "must be non-empty if specified"
	if strings.TrimSpace(v.MessageExpression) != "" {
		d.Authorizer = false
		_, fault := c.Compile(ctx, v.MessageExpression, d, age(v.MessageExpression, known.messages), cel.StringType)
		errs = append(errs, celFault(path.Child("messageExpression"), v.MessageExpression, fault)...)
	} else if v.MessageExpression != "" {
		errs = append(errs, field.Invalid(path.Child("messageExpression"), v.MessageExpression, empty))
	}
	switch message := strings.TrimSpace(v.Message); {
	case v.Message != "" && message == "":
		errs = append(errs, field.Invalid(path.Child("message"), v.Message, empty))
	case strings.ContainsAny(message, "\n\r"):
		errs = append(errs, field.Invalid(path.Child("message"), v.Message, "must not contain line breaks"))
	}
	return append(errs, optional(path.Child("reason"), v.Reason, []string{"Forbidden", "Invalid", "RequestEntityTooLarge"})...)
}

// The expression of an annotation is limited more than its value, because concatenation makes values longer than expressions.
const mostAnnotations, longestValueExpression = 20, 5 * 1024

func auditAnnotations(ctx context.Context, o validatingAdmissionPolicy, c *expression.Compiler, d expression.Declared, known knownExpressions) (errs field.ErrorList) {
	list, path := o.Spec.AuditAnnotations, specPath.Child("auditAnnotations")
	if len(list) > mostAnnotations {
		errs = append(errs, field.Invalid(path, display.Value(list), fmt.Sprintf("must not have more than %d auditAnnotations", mostAnnotations)))
	}
	keys := map[string]bool{}
	for i, a := range list {
		key, value := path.Index(i).Child("key"), path.Index(i).Child("valueExpression")
		if o.Name == "" {
			errs = append(errs, field.Invalid(key, a.Key, "requires metadata.name be non-empty"))
		} else {
			errs = append(errs, kind.Qualified(key, o.Name+"/"+a.Key)...)
		}
		switch text := strings.TrimSpace(a.ValueExpression); {
		case text == "":
			errs = append(errs, field.Required(value, "valueExpression is not specified"))
		case len(text) > longestValueExpression:
			errs = append(errs, field.Required(value, fmt.Sprintf("must not exceed %d bytes in length", longestValueExpression)))
		default:
			_, fault := c.Compile(ctx, text, d, age(a.ValueExpression, known.values), cel.StringType, cel.NullType)
			errs = append(errs, celFault(value, a.ValueExpression, fault)...)
		}
		if keys[a.Key] {
			errs = append(errs, field.Duplicate(key, a.Key))
		}
		keys[a.Key] = true
	}
	return errs
}

// fieldRef requires the path of a field in the form of type checking warnings.
func fieldRef(ref string, path *field.Path) field.ErrorList {
	if ref = strings.TrimSpace(ref); ref == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return nil
}
