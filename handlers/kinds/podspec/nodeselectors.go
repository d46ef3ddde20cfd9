package podspec

import (
	"slices"
	"strings"

	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	rules "github.com/gatehouse-dev/gatehouse/handlers/validation"
)

const noOperator = "not a valid selector operator"

// requiredTerm validates a term of a required node affinity; preferredTerm one of a preferred affinity, whose values upstream does
// not validate.
func requiredTerm(t *corev1.NodeSelectorTerm, path *field.Path) field.ErrorList {
	return nodeTerm(t, true, path)
}

func preferredTerm(t *corev1.NodeSelectorTerm, path *field.Path) field.ErrorList {
	return nodeTerm(t, false, path)
}

func nodeTerm(t *corev1.NodeSelectorTerm, values bool, path *field.Path) (errs field.ErrorList) {
	for i := range t.MatchExpressions {
		errs = append(errs, nodeExpression(&t.MatchExpressions[i], values, path.Child("matchExpressions").Index(i))...)
	}
	for i := range t.MatchFields {
		errs = append(errs, nodeField(&t.MatchFields[i], path.Child("matchFields").Index(i))...)
	}
	return errs
}

func nodeExpression(r *corev1.NodeSelectorRequirement, values bool, path *field.Path) (errs field.ErrorList) {
	switch r.Operator {
	case "In", "NotIn":
		if len(r.Values) == 0 {
			errs = append(errs, field.Required(path.Child("values"), "must be specified when `operator` is 'In' or 'NotIn'"))
		}
	case "Exists", "DoesNotExist":
		if len(r.Values) > 0 {
			errs = append(errs, field.Forbidden(path.Child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
		}
	case "Gt", "Lt":
		if len(r.Values) != 1 {
			errs = append(errs, field.Required(path.Child("values"), "must be specified single value when `operator` is 'Lt' or 'Gt'"))
		}
	default:
		errs = append(errs, field.Invalid(path.Child("operator"), r.Operator, noOperator))
	}
	if !rules.QuickQualified(r.Key) {
		errs = append(errs, metavalidation.ValidateLabelName(r.Key, path.Child("key"))...)
	}
	if values {
		for i, v := range r.Values {
			if !rules.QuickLabelValue(v) {
				errs = append(errs, kind.Faults(path.Child("values").Index(i), v, validation.IsValidLabelValue(v))...)
			}
		}
	}
	return errs
}

// nodeField allows metadata.name only.
func nodeField(r *corev1.NodeSelectorRequirement, path *field.Path) (errs field.ErrorList) {
	switch r.Operator {
	case "In", "NotIn":
		if len(r.Values) != 1 {
			errs = append(errs, field.Required(path.Child("values"), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"))
		}
	default:
		errs = append(errs, field.Invalid(path.Child("operator"), r.Operator, noOperator))
	}
	if r.Key != "metadata.name" {
		return append(errs, field.Invalid(path.Child("key"), r.Key, "not a valid field selector key"))
	}
	for i, v := range r.Values {
		errs = append(errs, kind.DNSName(path.Child("values").Index(i), v)...)
	}
	return errs
}

// effects of a taint.
var effects = []string{"NoSchedule", "PreferNoSchedule", "NoExecute"}

// toleration validates one toleration. One without a key tolerates all taints.
func toleration(t *corev1.Toleration, path *field.Path) (errs field.ErrorList) {
	if t.Key != "" && !rules.QuickQualified(t.Key) {
		errs = append(errs, metavalidation.ValidateLabelName(t.Key, path.Child("key"))...)
	}
	if t.Key == "" && t.Operator != "Exists" {
		errs = append(errs, field.Invalid(path.Child("operator"), t.Operator, "operator must be Exists when `key` is empty, which means \"match all values and all keys\""))
	}
	if t.TolerationSeconds != nil && t.Effect != "NoExecute" {
		errs = append(errs, field.Invalid(path.Child("effect"), t.Effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
	}
	switch t.Operator {
	case "", "Equal":
		if !rules.QuickLabelValue(t.Value) {
			errs = append(errs, field.Invalid(path.Child("operator"), t.Value, strings.Join(validation.IsValidLabelValue(t.Value), ";")))
		}
	case "Exists":
		if t.Value != "" {
			errs = append(errs, field.Invalid(path.Child("operator"), t.Value, "value must be empty when `operator` is 'Exists'"))
		}
	case "Lt", "Gt": // a gate decides on them, see podspec
	default:
		errs = append(errs, field.NotSupported(path.Child("operator"), t.Operator, []string{"Equal", "Exists"}))
	}
	if t.Effect != "" && !slices.Contains(effects, t.Effect) {
		errs = append(errs, field.NotSupported(path.Child("effect"), t.Effect, effects))
	}
	return errs
}

// topologyKey of an affinity term: an empty key gets both faults.
func topologyKey(path *field.Path, s string) (errs field.ErrorList) {
	if s == "" {
		errs = append(errs, field.Required(path, "can not be empty"))
	}
	return append(errs, metavalidation.ValidateLabelName(s, path)...)
}
