package fields

import (
	"reflect"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/gatehouse-dev/gatehouse/gen/schema"
)

// value is the JSON view of a Go value: absent, null, or the value itself. The zero value is absent.
type value struct {
	reflect.Value
	null bool
}

func (x value) absent() bool { return !x.IsValid() && !x.null }

// empty reports whether a list or a map has no items. Absent and null count as empty.
func (x value) empty() bool { return !x.IsValid() || x.Len() == 0 }

// of is the field of a struct in JSON; a field that omitempty drops is absent.
func (c *child) of(s value) value {
	if !s.IsValid() {
		return value{}
	}
	v := s.Field(c.index)
	if c.flags&schema.Required == 0 && omitted(v) || c.flags&schema.OmitZero != 0 && isZero(c.node.kind, v) {
		return value{}
	}
	return value{Value: v}
}

// omitted is the rule of omitempty.
func omitted(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Pointer:
		return v.IsNil()
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func isZero(kind schema.Kind, v reflect.Value) bool {
	switch kind {
	case schema.Time:
		return inPlace[metav1.Time](v).IsZero()
	case schema.MicroTime:
		return inPlace[metav1.MicroTime](v).IsZero()
	}
	return v.IsZero()
}

// inPlace is an addressable struct: the value itself, or a copy where it has no address.
func inPlace[T any](v reflect.Value) *T {
	if v.CanAddr() {
		return v.Addr().Interface().(*T)
	}
	x := v.Interface().(T)
	return &x
}

// follow dereferences pointers; nil pointers, slices and maps are null, as in JSON.
func follow(n *node, x value) (*node, value) {
	if n.pointer {
		if x.IsValid() {
			if x.IsNil() {
				x = value{null: true}
			} else {
				x = value{Value: x.Elem()}
			}
		}
		if n.form == structure {
			n = n.element
		}
	}
	if !x.IsValid() {
		return n, x
	}
	switch {
	case n.form == list || n.form == mapping || n.kind == schema.Bytes:
		if x.IsNil() {
			x = value{null: true}
		}
	case n.form == scalar && (n.kind == schema.Time || n.kind == schema.MicroTime):
		if isZero(n.kind, x.Value) {
			x = value{null: true}
		}
	}
	return n, x
}

// equal compares the JSON views of two values. The values and n are dereferenced.
func equal(n *node, x, y value) bool {
	if !x.IsValid() || !y.IsValid() {
		return !x.IsValid() && !y.IsValid() && x.null == y.null
	}
	switch n.form {
	case scalar:
		return equalScalars(n.kind, x.Value, y.Value)
	case structure:
		for i := range n.children {
			c := &n.children[i]
			if !equalBehind(c.node, c.of(x), c.of(y)) {
				return false
			}
		}
		return true
	case mapping:
		return equalMaps(n, x.Value, y.Value)
	case free:
		return reflect.DeepEqual(x.Interface(), y.Interface())
	}
	// Lists are compared as Go values, as the library does: an empty list in an item differs from an absent one.
	return x.Len() == y.Len() && reflect.DeepEqual(x.Interface(), y.Interface())
}

func equalBehind(n *node, x, y value) bool {
	behind, x := follow(n, x)
	_, y = follow(n, y)
	return equal(behind, x, y)
}

// equalItems says that two lists have equal items in the same places, as almost all lists have before and after a write: then
// their keys need not be looked at.
func equalItems(n *node, x, y value) bool {
	if !x.IsValid() || !y.IsValid() || x.Len() != y.Len() {
		return false
	}
	for i := range x.Len() {
		if !equalBehind(n.element, value{Value: x.Index(i)}, value{Value: y.Index(i)}) {
			return false
		}
	}
	return true
}

func equalMaps(n *node, x, y reflect.Value) bool {
	if x.Len() != y.Len() {
		return false
	}
	if a, ok := x.Interface().(map[string]string); ok {
		b := y.Interface().(map[string]string)
		for k, v := range a {
			if w, ok := b[k]; !ok || v != w {
				return false
			}
		}
		return true
	}
	for entries := x.MapRange(); entries.Next(); {
		other := y.MapIndex(entries.Key())
		if !other.IsValid() || !equalBehind(n.element, value{Value: entries.Value()}, value{Value: other}) {
			return false
		}
	}
	return true
}

func equalScalars(kind schema.Kind, x, y reflect.Value) bool {
	switch kind {
	case schema.String:
		return x.String() == y.String()
	case schema.Bytes:
		return string(x.Bytes()) == string(y.Bytes())
	case schema.Bool:
		return x.Bool() == y.Bool()
	case schema.Int32, schema.Int64:
		return x.Int() == y.Int()
	case schema.Double:
		return x.Float() == y.Float()
	case schema.Quantity:
		// Quantities are compared by their spelling: "0k" and "0" differ.
		return inPlace[resource.Quantity](x).String() == inPlace[resource.Quantity](y).String()
	case schema.IntOrString:
		return *inPlace[intstr.IntOrString](x) == *inPlace[intstr.IntOrString](y)
	case schema.Time:
		return inPlace[metav1.Time](x).Unix() == inPlace[metav1.Time](y).Unix()
	case schema.MicroTime:
		return inPlace[metav1.MicroTime](x).UnixMicro() == inPlace[metav1.MicroTime](y).UnixMicro()
	}
	return reflect.DeepEqual(x.Interface(), y.Interface())
}
