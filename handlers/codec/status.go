package codec

import (
	"reflect"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// parts implements resource.Parts for a generated struct: it has found the fields before they are asked for.
type parts struct {
	// status is the index of the field; -1 when the kind has none.
	status int
	// content are the indexes of what is neither metadata nor status.
	content []int
}

func partsOf(empty runtime.Object) parts {
	p := parts{status: -1}
	t := reflect.TypeOf(empty).Elem()
	for i := range t.NumField() {
		switch t.Field(i).Name {
		case "TypeMeta", "ObjectMeta":
		case "Status":
			p.status = i
		default:
			p.content = append(p.content, i)
		}
	}
	return p
}

// Status implements resource.Parts.
func (p parts) Status(o object.Object) any {
	if p.status < 0 {
		return nil
	}
	return reflect.ValueOf(o).Elem().Field(p.status).Addr().Interface()
}

// ClearStatus implements resource.Parts.
func (p parts) ClearStatus(o object.Object) {
	if p.status >= 0 {
		reflect.ValueOf(o).Elem().Field(p.status).SetZero()
	}
}

// CopyStatus implements resource.Parts.
func (p parts) CopyStatus(o, from object.Object) {
	if p.status >= 0 {
		reflect.ValueOf(o).Elem().Field(p.status).Set(reflect.ValueOf(from).Elem().Field(p.status))
	}
}

// KeepAllButStatus implements resource.Parts.
func (p parts) KeepAllButStatus(o, from object.Object) {
	a, b := reflect.ValueOf(o).Elem(), reflect.ValueOf(from).Elem()
	for _, i := range p.content {
		a.Field(i).Set(b.Field(i))
	}
}

// ContentChanged implements resource.Parts.
func (p parts) ContentChanged(o, old object.Object) bool {
	a, b := reflect.ValueOf(o).Elem(), reflect.ValueOf(old).Elem()
	for _, i := range p.content {
		if !object.EqualValues(a.Field(i), b.Field(i)) {
			return true
		}
	}
	return false
}
