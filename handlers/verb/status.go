package verb

import (
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// statusField is the status of a generated struct; an invalid value where the kind has none.
func statusField(o object.Object) reflect.Value {
	v := reflect.ValueOf(o)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return reflect.Value{}
	}
	return v.Elem().FieldByName("Status")
}

func clearStatus(o object.Object) {
	if u, ok := o.(*unstructured.Unstructured); ok {
		delete(u.Object, "status")
	} else if f := statusField(o); f.IsValid() {
		f.SetZero()
	}
}

// copyStatus gives o the status of old. They may share memory afterwards: old is not changed any more.
func copyStatus(o, old object.Object) {
	if u, ok := o.(*unstructured.Unstructured); ok {
		delete(u.Object, "status")
		if status, found := old.(*unstructured.Unstructured).Object["status"]; found {
			u.Object["status"] = status
		}
	} else if f := statusField(o); f.IsValid() {
		f.Set(statusField(old))
	}
}

// keepAllButStatus undoes in o every change from old except that of the status and of the metadata that the status row
// leaves to its writers.
func keepAllButStatus(res *resource.Resource, o, old object.Object) {
	if u, ok := o.(*unstructured.Unstructured); ok {
		for k, v := range old.(*unstructured.Unstructured).Object {
			if k != "metadata" && k != "status" {
				u.Object[k] = v
			}
		}
		for k := range u.Object {
			if _, found := old.(*unstructured.Unstructured).Object[k]; !found && k != "metadata" && k != "status" {
				delete(u.Object, k)
			}
		}
	} else {
		to, from := reflect.ValueOf(o).Elem(), reflect.ValueOf(old).Elem()
		for i := range to.NumField() {
			switch to.Type().Field(i).Name {
			case "TypeMeta", "ObjectMeta", "Status":
			default:
				to.Field(i).Set(from.Field(i))
			}
		}
	}
	for _, part := range res.StatusKeeps {
		switch part {
		case "labels":
			o.SetLabels(old.GetLabels())
		case "annotations":
			o.SetAnnotations(old.GetAnnotations())
		case "finalizers":
			o.SetFinalizers(old.GetFinalizers())
		case "ownerReferences":
			o.SetOwnerReferences(old.GetOwnerReferences())
		}
	}
}
