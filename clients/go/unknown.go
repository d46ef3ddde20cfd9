package kube

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
	"sync"
)

// Unknown has the fields of a JSON object that a type does not have, by name: what a newer server sends. They are read and
// written with the rest, so that an object that is read, changed and written back loses nothing. What apimachinery's own types
// do not know is kept by the struct around them; in lists of such types (conditions, owner references) it is not kept.
type Unknown map[string]any

// Clone is a copy with the same values, which nobody alters.
func (u Unknown) Clone() Unknown { return maps.Clone(u) }

// shape says which fields of a struct have which names in JSON.
type shape struct {
	fields map[string][]int
	// unknown is the index of the Unknown field; nil for apimachinery's types.
	unknown []int
}

var (
	shapes      sync.Map // reflect.Type to *shape
	unknownType = reflect.TypeFor[Unknown]()
	unmarshaler = reflect.TypeFor[json.Unmarshaler]()
)

func shapeOf(t reflect.Type) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	s := &shape{fields: map[string][]int{}}
	s.add(t, nil)
	actual, _ := shapes.LoadOrStore(t, s)
	return actual.(*shape)
}

func (s *shape) add(t reflect.Type, index []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(append([]int{}, index...), i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Type == unknownType:
			s.unknown = at
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			s.add(f.Type, at)
		case name != "" && name != "-" && f.IsExported():
			s.fields[name] = at
		}
	}
}

// opaque types read themselves; nothing can be unknown in them.
func opaque(t reflect.Type) bool {
	return t.Implements(unmarshaler) || reflect.PointerTo(t).Implements(unmarshaler)
}

// collect puts what the types of a value do not know of its JSON into the Unknown fields. What has no place of its own is
// returned, for the struct around it.
func collect(v reflect.Value, tree any) Unknown {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return collect(v.Elem(), tree)
		}
	case reflect.Slice:
		list, _ := tree.([]any)
		for i := range min(v.Len(), len(list)) {
			collect(v.Index(i), list[i])
		}
	case reflect.Map:
		object, _ := tree.(map[string]any)
		if v.Type().Elem().Kind() != reflect.Struct && v.Type().Elem().Kind() != reflect.Pointer {
			return nil
		}
		for _, k := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(k))
			collect(value, object[k.String()])
			v.SetMapIndex(k, value)
		}
	case reflect.Struct:
		object, ok := tree.(map[string]any)
		if !ok || opaque(v.Type()) {
			return nil
		}
		return collectStruct(v, object)
	}
	return nil
}

func collectStruct(v reflect.Value, object map[string]any) Unknown {
	s := shapeOf(v.Type())
	var rest Unknown
	put := func(name string, value any) {
		if rest == nil {
			rest = Unknown{}
		}
		rest[name] = value
	}
	for name, value := range object {
		at, known := s.fields[name]
		if !known {
			put(name, value)
		} else if inner := collect(v.FieldByIndex(at), value); inner != nil {
			put(name, map[string]any(inner))
		}
	}
	if s.unknown == nil {
		return rest
	}
	v.FieldByIndex(s.unknown).Set(reflect.ValueOf(rest))
	return nil
}

// hasUnknown says whether something unknown is anywhere in a value.
func hasUnknown(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && hasUnknown(v.Elem())
	case reflect.Slice:
		if holds(v.Type().Elem()) {
			for i := range v.Len() {
				if hasUnknown(v.Index(i)) {
					return true
				}
			}
		}
	case reflect.Map:
		if holds(v.Type().Elem()) {
			for i := v.MapRange(); i.Next(); {
				if hasUnknown(i.Value()) {
					return true
				}
			}
		}
	case reflect.Struct:
		if opaque(v.Type()) {
			return false
		}
		s := shapeOf(v.Type())
		if s.unknown != nil && v.FieldByIndex(s.unknown).Len() > 0 {
			return true
		}
		for _, at := range s.fields {
			if f := v.FieldByIndex(at); holds(f.Type()) && hasUnknown(f) {
				return true
			}
		}
	}
	return false
}

// holds says whether values of a type can have a struct in them.
func holds(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct, reflect.Interface:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return holds(t.Elem())
	}
	return false
}

// restore puts what is unknown into the JSON of a value.
func restore(v reflect.Value, tree any) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			restore(v.Elem(), tree)
		}
	case reflect.Slice:
		list, _ := tree.([]any)
		for i := range min(v.Len(), len(list)) {
			restore(v.Index(i), list[i])
		}
	case reflect.Map:
		if object, ok := tree.(map[string]any); ok && v.Type().Key().Kind() == reflect.String {
			for i := v.MapRange(); i.Next(); {
				restore(i.Value(), object[i.Key().String()])
			}
		}
	case reflect.Struct:
		object, ok := tree.(map[string]any)
		if !ok || opaque(v.Type()) {
			return
		}
		s := shapeOf(v.Type())
		for name, at := range s.fields {
			if value, ok := object[name]; ok {
				restore(v.FieldByIndex(at), value)
			}
		}
		if s.unknown == nil {
			return
		}
		for name, value := range v.FieldByIndex(s.unknown).Interface().(Unknown) {
			if _, known := s.fields[name]; known && object[name] == nil {
				continue // the field that had something unknown in it was removed
			}
			graft(object, map[string]any{name: value})
		}
	}
}

// graft adds what an object does not have, at any depth.
func graft(object map[string]any, unknown map[string]any) {
	for name, value := range unknown {
		present, ok := object[name]
		if !ok {
			object[name] = value
			continue
		}
		a, isObject := present.(map[string]any)
		b, isUnknown := value.(map[string]any)
		if isObject && isUnknown {
			graft(a, b)
		}
	}
}
