package kind

import (
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// percent parses "30%"; false for anything else.
func percent(v intstr.IntOrString) (int, bool) {
	text, ok := strings.CutSuffix(v.StrVal, "%")
	if v.Type != intstr.String || !ok {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}

// Amount validates a number or percentage; with most100 at most 100%.
func Amount(v *intstr.IntOrString, most100 bool, path *field.Path) (errs field.ErrorList) {
	if v == nil {
		return nil
	}
	n, isPercent := percent(*v)
	switch {
	case v.Type == intstr.String && !isPercent:
		for _, msg := range validation.IsValidPercent(v.StrVal) {
			errs = append(errs, field.Invalid(path, v.String(), msg))
		}
	case v.Type == intstr.Int && v.IntVal < 0:
		errs = append(errs, field.Invalid(path, v.IntVal, "must be greater than or equal to 0"))
	case isPercent && most100 && n > 100:
		errs = append(errs, field.Invalid(path, v.String(), "must not be greater than 100%"))
	}
	return errs
}

// Nothing is true for 0, 0% and nil.
func Nothing(v *intstr.IntOrString) bool {
	if v == nil {
		return true
	}
	if n, ok := percent(*v); ok {
		return n == 0
	}
	return v.IntValue() == 0
}
