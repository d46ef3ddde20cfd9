package podspec

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// TemplateSelected requires a selector that is not empty and matches the labels of the template. owner is the kind in the message
// about an empty selector, fault the message about an invalid one.
func TemplateSelected(selector *metav1.LabelSelector, set map[string]string, owner, fault string, path *field.Path) (errs field.ErrorList) {
	at := path.Child("selector")
	if selector == nil {
		errs = append(errs, field.Required(at, ""))
	} else {
		errs = kind.LabelSelector(selector, at)
		if EmptySelector(selector) {
			errs = append(errs, field.Invalid(at, selector, "empty selector is invalid for "+owner))
		}
	}
	compiled, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return append(errs, field.Invalid(at, selector, fault))
	}
	if !compiled.Empty() && !compiled.Matches(labels.Set(set)) {
		errs = append(errs, field.Invalid(path.Child("template", "metadata", "labels"), set, NoMatch))
	}
	return errs
}

// EmptySelector reports whether a selector matches everything.
func EmptySelector(s *metav1.LabelSelector) bool {
	return len(s.MatchLabels)+len(s.MatchExpressions) == 0
}

// NoMatch is the message about labels that the selector does not match.
const NoMatch = "`selector` does not match template `labels`"

// ValidateEndless validates the template of a controller whose pods must always restart; owner names it in an error. old is the
// template that t replaces, nil for a create.
func ValidateEndless(d *kind.Deps, t, old *corev1.PodTemplateSpec, owner string, path *field.Path) field.ErrorList {
	errs := ValidateTemplate(d, t, old, path)
	if p := t.Spec.RestartPolicy; p != "Always" {
		errs = append(errs, field.NotSupported(path.Child("spec", "restartPolicy"), p, []string{"Always"}))
	}
	if t.Spec.ActiveDeadlineSeconds != nil {
		errs = append(errs, field.Forbidden(path.Child("spec", "activeDeadlineSeconds"), "activeDeadlineSeconds in "+owner+" is not Supported"))
	}
	return errs
}

// ValidateTemplate validates any pod template; old is the one that it replaces, nil for a create.
func ValidateTemplate(d *kind.Deps, t, old *corev1.PodTemplateSpec, path *field.Path) field.ErrorList {
	var was *corev1.PodSpec
	if old != nil {
		was = &old.Spec
	}
	errs := validate(d, &t.Spec, was, false, path.Child("spec"))
	if len(t.Spec.EphemeralContainers) > 0 {
		errs = append(errs, field.Forbidden(path.Child("spec", "ephemeralContainers"), "ephemeral containers not allowed in pod template"))
	}
	return errs
}

// TemplateWarnings warns about the template of a new object, or of one whose generation changes; old is nil for a create.
func TemplateWarnings[T interface {
	comparable
	object.Object
}](o, old T, t *corev1.PodTemplateSpec, path *field.Path) []string {
	var none T
	if old != none && o.GetGeneration() == old.GetGeneration() {
		return nil
	}
	return Warnings(path, &t.Spec, &t.ObjectMeta)
}

// NamesOfPods is the use of the names of most controllers, for kind.HostnameWarning.
const NamesOfPods = "Pod names and hostnames"
