package validation

import (
	"reflect"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// presenceRules require a value. details are the texts of their errors, by the parameter of the rule.
func presenceRules(details map[string]string) map[string]Rule {
	required := func(path *field.Path, _ reflect.Value, param string) field.ErrorList {
		return field.ErrorList{field.Required(path, details[param])}
	}
	return map[string]Rule{
		// filled refuses the empty string, list and map and the zero value.
		"filled": {ok: filled, errors: required, evenNil: true},
		// not-blank refuses an empty string that is present.
		"not-blank": {ok: filled, errors: required},
		// present refuses a nil pointer.
		"present": {ok: func(v reflect.Value, _ string) bool { return v.IsValid() && v.Kind() != reflect.Pointer }, errors: required, evenNil: true},
	}
}

// generalDetails are those of any kind.
var generalDetails = map[string]string{"not-empty": "must not be empty", "can-not-empty": "can not be empty"}

func filled(v reflect.Value, _ string) bool {
	switch v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		return v.Len() > 0
	case reflect.Invalid, reflect.Pointer:
		return false
	}
	return !v.IsZero()
}
