package validation

import (
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// In a tag spaces are between values; a value with a space and an empty one are written otherwise.
func TestEnumValues(t *testing.T) {
	const tag = "any client~auth ''"
	for value, want := range map[string]bool{"any": true, "client auth": true, "": true, "client": false, "auth": false, "any client": false} {
		if got := inEnum(reflect.ValueOf(value), tag); got != want {
			t.Errorf("%q: %v", value, got)
		}
	}
	errs := notSupported(field.NewPath("a"), reflect.ValueOf("client"), tag)
	if want := `a: Unsupported value: "client": supported values: "any", "client auth", ""`; len(errs) != 1 || errs[0].Error() != want {
		t.Errorf("%v", errs)
	}
}
