package strategy

import (
	"reflect"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// immutable is the sentence for a field that may not change.
const immutable = "field is immutable"

// unchanged finds that a field differs from its old value.
func unchanged(now, old any, path *field.Path) field.ErrorList {
	if equality.Semantic.DeepEqual(now, old) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, display(now), immutable)}
}

// display is how the value of a field is shown in an error: plain values as they are, structures as specDiff shows them.
func display(v any) any {
	t := reflect.TypeOf(v)
	for t != nil && (t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice) {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return v
	}
	return shown{v}
}

func containsSlash(s string) bool { return strings.Contains(s, "/") }

// templateSelected wants a selector that is not empty and selects the labels of the pods that its owner makes. kind is the
// owner's name in the sentence about an empty selector, fault what is said of one that cannot be read. No selector at all
// selects nothing.
func templateSelected(selector *metav1.LabelSelector, set map[string]string, kind, fault string, path *field.Path) (errs field.ErrorList) {
	at := path.Child("selector")
	if selector == nil {
		errs = append(errs, field.Required(at, ""))
	} else {
		errs = labelSelector(selector, at)
		if emptySelector(selector) {
			errs = append(errs, field.Invalid(at, selector, "empty selector is invalid for "+kind))
		}
	}
	compiled, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return append(errs, field.Invalid(at, selector, fault))
	}
	if !compiled.Empty() && !compiled.Matches(labels.Set(set)) {
		errs = append(errs, field.Invalid(path.Child("template", "metadata", "labels"), set, noMatch))
	}
	return errs
}

func emptySelector(s *metav1.LabelSelector) bool {
	return len(s.MatchLabels)+len(s.MatchExpressions) == 0
}

const noMatch = "`selector` does not match template `labels`"

// template finds faults in what a controller makes pods from, where the pods must run for ever (of an owner's name).
func template(t *corev1.PodTemplateSpec, owner string, path *field.Path) field.ErrorList {
	errs := podTemplate(t, path)
	if owner == "" {
		return errs
	}
	if p := t.Spec.RestartPolicy; p != "Always" {
		errs = append(errs, field.NotSupported(path.Child("spec", "restartPolicy"), p, []string{"Always"}))
	}
	if t.Spec.ActiveDeadlineSeconds != nil {
		errs = append(errs, field.Forbidden(path.Child("spec", "activeDeadlineSeconds"), "activeDeadlineSeconds in "+owner+" is not Supported"))
	}
	return errs
}

// podTemplate finds faults in any template.
func podTemplate(t *corev1.PodTemplateSpec, path *field.Path) field.ErrorList {
	errs := validatePodSpec(&t.Spec, path.Child("spec"))
	if len(t.Spec.EphemeralContainers) > 0 {
		errs = append(errs, field.Forbidden(path.Child("spec", "ephemeralContainers"), "ephemeral containers not allowed in pod template"))
	}
	return errs
}

// percent is the number in "30%"; false for anything else.
func percent(v intstr.IntOrString) (int, bool) {
	text, ok := strings.CutSuffix(v.StrVal, "%")
	if v.Type != intstr.String || !ok {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}

// amount finds faults in a number or percentage; with most100, of which there can be only a whole.
func amount(v *intstr.IntOrString, most100 bool, path *field.Path) (errs field.ErrorList) {
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

// nothing is true for 0 and 0%, and for what is not there.
func nothing(v *intstr.IntOrString) bool {
	if v == nil {
		return true
	}
	if n, ok := percent(*v); ok {
		return n == 0
	}
	return v.IntValue() == 0
}

// notDecremented: a count of collisions only rises.
func notDecremented(now, old *int32, path *field.Path) field.ErrorList {
	if old == nil || now != nil && *now >= *old {
		return nil
	}
	var n int32
	if now != nil {
		n = *now
	}
	return field.ErrorList{field.Invalid(path, n, "cannot be decremented")}
}

// atMost are pairs of counts of which the first cannot exceed the second.
type atMost struct {
	name     string
	n, most  int32
	mostName string
}

func withinCounts(path *field.Path, counts ...atMost) (errs field.ErrorList) {
	for _, c := range counts {
		if c.n > c.most {
			errs = append(errs, field.Invalid(path.Child(c.name), c.n, "cannot be greater than "+c.mostName))
		}
	}
	return errs
}

// labelSelector finds faults in a selector; nil is right.
func labelSelector(s *metav1.LabelSelector, path *field.Path) field.ErrorList {
	return metavalidation.ValidateLabelSelector(s, metavalidation.LabelSelectorValidationOptions{}, path)
}

// pathOf is the path that a dotted name writes.
func pathOf(dotted string) *field.Path {
	parts := strings.Split(dotted, ".")
	return field.NewPath(parts[0], parts[1:]...)
}

func itoa(n int32) string { return strconv.Itoa(int(n)) }
