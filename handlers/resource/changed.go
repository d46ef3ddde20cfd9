package resource

import (
	"reflect"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// ContentChanged is Parts.ContentChanged of a built-in kind, for hooks that count more than it does.
func ContentChanged(o, old object.Object) bool {
	a, b := reflect.ValueOf(o), reflect.ValueOf(old)
	if a.Type() != b.Type() || a.Kind() != reflect.Pointer || a.IsNil() || b.IsNil() {
		return true
	}
	a, b = a.Elem(), b.Elem()
	for i := range a.NumField() {
		switch a.Type().Field(i).Name {
		case "TypeMeta", "ObjectMeta", "Status":
			continue
		}
		if !object.EqualValues(a.Field(i), b.Field(i)) {
			return true
		}
	}
	return false
}
