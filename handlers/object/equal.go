package object

import (
	"bytes"
	"reflect"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Equal says whether two parts of objects mean the same: quantities and times by their value, and nothing is as good as an
// empty list or map. It decides like apimachinery's equality.Semantic and takes a fraction of its time, which counts as
// every update compares what was with what is to be. Parts are passed by pointer so that they are not copied.
func Equal[T any](a, b *T) bool {
	return EqualValues(reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem())
}

// EqualValues is Equal for two values of one type that are found by reflection.
func EqualValues(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.String:
		return a.String() == b.String()
	case reflect.Bool:
		return a.Bool() == b.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return a.Int() == b.Int()
	case reflect.Struct:
		return equalStructs(a, b)
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return a.Pointer() == b.Pointer() || EqualValues(a.Elem(), b.Elem())
	case reflect.Slice:
		return equalSlices(a, b)
	case reflect.Map:
		return equalMaps(a, b)
	}
	return equality.Semantic.DeepEqual(a.Interface(), b.Interface())
}

var (
	quantityType  = reflect.TypeFor[resource.Quantity]()
	timeType      = reflect.TypeFor[metav1.Time]()
	microTimeType = reflect.TypeFor[metav1.MicroTime]()
)

func equalStructs(a, b reflect.Value) bool {
	t := a.Type()
	switch t {
	case quantityType, timeType, microTimeType:
		return equality.Semantic.DeepEqual(a.Interface(), b.Interface())
	}
	for i := range t.NumField() {
		if !EqualValues(a.Field(i), b.Field(i)) {
			return false
		}
	}
	return true
}

func equalSlices(a, b reflect.Value) bool {
	n := a.Len()
	if n != b.Len() {
		return false
	}
	if n == 0 || a.Pointer() == b.Pointer() {
		return true
	}
	if a.Type().Elem().Kind() == reflect.Uint8 {
		return bytes.Equal(a.Bytes(), b.Bytes())
	}
	for i := range n {
		if !EqualValues(a.Index(i), b.Index(i)) {
			return false
		}
	}
	return true
}

func equalMaps(a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	if a.Len() == 0 || a.Pointer() == b.Pointer() {
		return true
	}
	if texts, ok := a.Interface().(map[string]string); ok {
		others, _ := b.Interface().(map[string]string)
		for k, v := range texts {
			if other, found := others[k]; !found || other != v {
				return false
			}
		}
		return true
	}
	for each := a.MapRange(); each.Next(); {
		other := b.MapIndex(each.Key())
		if !other.IsValid() || !EqualValues(each.Value(), other) {
			return false
		}
	}
	return true
}
