package kind

import (
	"reflect"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// OneOf requires exactly one of a struct's pointers to be set. Fields named in skip are not members of the union.
func OneOf(value any, path *field.Path, several, none string, skip ...string) (errs field.ErrorList) {
	v := reflect.Indirect(reflect.ValueOf(value))
	set := 0
fields:
	for i := range v.NumField() {
		f := v.Type().Field(i)
		for _, s := range skip {
			if f.Name == s {
				continue fields
			}
		}
		if f.Type.Kind() != reflect.Pointer || v.Field(i).IsNil() {
			continue
		}
		if set++; set > 1 {
			errs = append(errs, field.Forbidden(path.Child(object.JSONName(f)), several))
		}
	}
	if set == 0 {
		errs = append(errs, field.Required(path, none))
	}
	return errs
}
