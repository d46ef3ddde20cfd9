package dra

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// effects of a taint, sorted for error texts.
var effects = []string{"NoExecute", "NoSchedule", "None"}

// taint validates a taint. An unknown effect is tolerated if the old object has it.
func taint(key, value, now string, oldEffect *string, path *field.Path) field.ErrorList {
	errs := kind.Qualified(path.Child("key"), key)
	if value != "" {
		errs = append(errs, labelValue(value, path.Child("value"))...)
	}
	if oldEffect != nil && *oldEffect == now {
		return errs
	}
	return append(errs, kind.Needed(path.Child("effect"), now, effect)...)
}

func effect(path *field.Path, s string) field.ErrorList { return kind.Among(path, s, effects...) }

func toleration(t *resourcev1.DeviceToleration, path *field.Path) (errs field.ErrorList) {
	if t.Key != "" {
		errs = append(errs, kind.Qualified(path.Child("key"), t.Key)...)
	}
	switch t.Operator {
	case "Exists":
		if t.Value != "" {
			errs = append(errs, field.Invalid(path.Child("value"), t.Value, "must be empty for operator `Exists`"))
		}
	case "Equal":
		errs = append(errs, labelValue(t.Value, path.Child("value"))...)
	case "":
		errs = append(errs, field.Required(path.Child("operator"), ""))
	default:
		errs = append(errs, field.NotSupported(path.Child("operator"), t.Operator, []string{"Equal", "Exists"}))
	}
	if t.Effect != "" {
		errs = append(errs, effect(path.Child("effect"), t.Effect)...)
	}
	return errs
}

const mostBindingConditions = 4

// binding validates the binding conditions and binding failure conditions of a device: both or none, without duplicates.
func binding(done, failed []string, path *field.Path) field.ErrorList {
	at, failedAt := path.Child("bindingConditions"), path.Child("bindingFailureConditions")
	errs := limited(done, mostBindingConditions, at, labelName)
	errs = append(errs, limited(failed, mostBindingConditions, failedAt, labelName)...)
	seen, seenFailed := map[string]bool{}, map[string]bool{}
	for i, c := range done {
		if seen[c] {
			errs = append(errs, field.Duplicate(at.Index(i), c))
		}
		seen[c] = true
	}
	for i, c := range failed {
		if seenFailed[c] {
			errs = append(errs, field.Duplicate(failedAt.Index(i), c))
		}
		if seenFailed[c] = true; seen[c] {
			errs = append(errs, field.Invalid(failedAt.Index(i), c, "bindingFailureConditions must not overlap with bindingConditions"))
		}
	}
	switch {
	case len(done) == 0 && len(failed) > 0:
		errs = append(errs, field.Invalid(at, done, "bindingConditions are required to use bindingFailureConditions"))
	case len(failed) == 0 && len(done) > 0:
		errs = append(errs, field.Invalid(failedAt, failed, "bindingFailureConditions are required to use bindingConditions"))
	}
	return errs
}
