package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

// fullObjects are the JSON of an object of each kind with something in every field, so that a field that a client reads or writes
// differently is found.
func fullObjects() ([]string, error) {
	kinds := slices.SortedFunc(maps.Keys(resources.Kinds), func(a, b schema.GroupVersionKind) int {
		return strings.Compare(a.String(), b.String())
	})
	var out []string
	for _, gvk := range kinds {
		object := resources.Kinds[gvk]()
		fill(reflect.ValueOf(object).Elem(), nil)
		object.GetObjectKind().SetGroupVersionKind(gvk)
		line, err := json.Marshal(object)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", gvk, err)
		}
		out = append(out, string(line))
	}
	return out, nil
}

var (
	moment = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
	// values are the types that are written in a way of their own.
	values = map[reflect.Type]any{
		reflect.TypeFor[metav1.Time]():          metav1.NewTime(moment.Truncate(time.Second)),
		reflect.TypeFor[metav1.MicroTime]():     metav1.NewMicroTime(moment),
		reflect.TypeFor[resource.Quantity]():    resource.MustParse("1500m"),
		reflect.TypeFor[intstr.IntOrString]():   intstr.FromString("30%"),
		reflect.TypeFor[runtime.RawExtension](): runtime.RawExtension{Raw: []byte(`{"a":[1,{"b":null}],"c":1.5}`)},
		reflect.TypeFor[json.RawMessage]():      json.RawMessage(`{"a":[1,{"b":null}],"c":1.5}`),
		reflect.TypeFor[metav1.FieldsV1]():      *metav1.NewFieldsV1(`{"f:metadata":{"f:labels":{".":{}}}}`),
	}
)

// fill puts something into every field. A type that contains itself is filled once.
func fill(v reflect.Value, above []reflect.Type) {
	if value, ok := values[v.Type()]; ok {
		v.Set(reflect.ValueOf(value))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if slices.Contains(above, v.Type().Elem()) {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), above)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte{0, 1, 255})
			return
		}
		if slices.Contains(above, v.Type().Elem()) {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), above)
	case reflect.Map:
		if slices.Contains(above, v.Type().Elem()) {
			return
		}
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value, above)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("a.b/c").Convert(v.Type().Key()), value)
	case reflect.Struct:
		above = append(slices.Clone(above), v.Type())
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), above)
			}
		}
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		v.SetInt(1<<53 - 1) // the largest that every language reads exactly
	case reflect.Int, reflect.Int32:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(1.5)
	}
}
