package strategy

import (
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

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

func itoa(n int32) string { return strconv.Itoa(int(n)) }
