package strategy

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// immutable is the sentence for a field that may not change.
const immutable = "field is immutable"

// unchanged finds that a field differs from its old value.
func unchanged(now, old any, path *field.Path) field.ErrorList {
	if equality.Semantic.DeepEqual(now, old) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, now, immutable)}
}

func containsSlash(s string) bool { return strings.Contains(s, "/") }

// selectorMatches wants a selector that is there, is not empty and selects the labels of the template beside it.
func selectorMatches(selector *metav1.LabelSelector, set map[string]string, path, template *field.Path) field.ErrorList {
	if selector == nil {
		return field.ErrorList{field.Required(path, "")}
	}
	errs := metavalidation.ValidateLabelSelector(selector, metavalidation.LabelSelectorValidationOptions{}, path)
	if len(selector.MatchLabels)+len(selector.MatchExpressions) == 0 {
		return append(errs, field.Invalid(path, selector, "empty selector is invalid for deployment"))
	}
	compiled, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return append(errs, field.Invalid(path, selector, "invalid label selector"))
	}
	if !compiled.Matches(labels.Set(set)) {
		errs = append(errs, field.Invalid(template.Child("metadata", "labels"), set, "`selector` does not match template `labels`"))
	}
	return errs
}
