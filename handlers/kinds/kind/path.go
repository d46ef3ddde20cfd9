package kind

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Path is the path of a field in the struct of a kind, compiled to field indexes.
type Path [][]int

// Compile resolves a path of JSON names (spec.nodeName) in the kind of a row; nil when the kind has no such field.
func Compile(row resources.Row, path string) Path {
	make, ok := resources.Kinds[schema.GroupVersionKind{Group: row.KindGroup, Version: row.KindVersion, Kind: row.Kind}]
	if !ok {
		return nil
	}
	return compileType(reflect.TypeOf(make()), path)
}

func compileType(t reflect.Type, path string) Path {
	var out Path
	for _, name := range strings.Split(strings.TrimPrefix(path, "."), ".") {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return nil
		}
		f, ok := jsonField(t, name)
		if !ok {
			return nil
		}
		out = append(out, f.Index)
		t = f.Type
	}
	return out
}

func jsonField(t reflect.Type, name string) (reflect.StructField, bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		if object.JSONName(f) == name {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// Get is the field's value; the zero Value when the path passes through a nil pointer or o has another type.
func (p Path) Get(o any) reflect.Value {
	v := reflect.ValueOf(o)
	for _, i := range p {
		for v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}
			}
			v = v.Elem()
		}
		if v.Kind() != reflect.Struct || len(i) == 0 || i[0] >= v.NumField() {
			return reflect.Value{}
		}
		v = v.FieldByIndex(i)
	}
	return v
}

// ValueAs is a field's value; false for the zero Value, or a value of another type.
func ValueAs[T any](v reflect.Value) (value T, ok bool) {
	if !v.IsValid() || !v.CanInterface() {
		return value, false
	}
	value, ok = v.Interface().(T)
	return value, ok
}

// Text is a field's value for field selectors.
func Text(v reflect.Value) string {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int32, reflect.Int64, reflect.Int:
		return strconv.FormatInt(v.Int(), 10)
	}
	return ""
}
