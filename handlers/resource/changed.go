package resource

import (
	"reflect"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// ContentChanged says whether anything but the metadata and the status differs between two objects of one kind. Values
// that mean the same (quantities, times, nil and empty lists) are equal.
func ContentChanged(o, old object.Object) bool {
	if u, ok := o.(*unstructured.Unstructured); ok {
		v, ok := old.(*unstructured.Unstructured)
		return !ok || !equality.Semantic.DeepEqual(content(u), content(v))
	}
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

// content is the part of a custom object that counts for its generation.
func content(u *unstructured.Unstructured) map[string]any {
	out := make(map[string]any, len(u.Object))
	for k, v := range u.Object {
		switch k {
		case "apiVersion", "kind", "metadata", "status":
		default:
			out[k] = v
		}
	}
	return out
}
