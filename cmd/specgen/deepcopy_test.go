package main

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

// TestDeepCopy copies an object of every kind in which everything is set: the copy is equal and shares no memory that could
// be written through.
func TestDeepCopy(t *testing.T) {
	for gvk, make := range resources.Kinds {
		o := make()
		filled := fill(reflect.ValueOf(o).Elem(), 0)
		c := o.DeepCopyObject()
		if !reflect.DeepEqual(o, c) {
			t.Errorf("%v: the copy is different", gvk)
		}
		if filled < 4 {
			t.Errorf("%v: only %d values were set", gvk, filled)
		}
		for _, path := range shared(reflect.ValueOf(o), reflect.ValueOf(c), gvk.Kind) {
			t.Errorf("%v: original and copy share %s", gvk, path)
		}
	}
}

// fill sets everything that can be set below v and counts it. Schemas that contain themselves end somewhere.
func fill(v reflect.Value, depth int) int {
	if !v.CanSet() || depth > 14 {
		return 0
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return fill(v.Index(0), depth+1)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		n := fill(key, depth+1) + fill(value, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
		return n
	case reflect.Struct:
		n := 0
		for i := range v.NumField() {
			n += fill(v.Field(i), depth+1)
		}
		return n
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(1)
	default: // the interface in RawExtension, which stored objects never have
		return 0
	}
	return 1
}

// shared lists the paths at which a and b point to the same memory.
func shared(a, b reflect.Value, path string) (out []string) {
	if !a.CanInterface() {
		return nil // times and quantities look after their own
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if a.IsNil() || a.Kind() == reflect.Slice && a.Len() == 0 {
			return nil
		}
		if a.Pointer() == b.Pointer() && a.Type().Elem().Size() > 0 { // all empty structs have one address
			out = append(out, path)
		}
	}
	switch a.Kind() {
	case reflect.Pointer:
		return append(out, shared(a.Elem(), b.Elem(), path)...)
	case reflect.Slice:
		for i := range a.Len() {
			out = append(out, shared(a.Index(i), b.Index(i), fmt.Sprintf("%s[%d]", path, i))...)
		}
	case reflect.Map:
		for _, k := range a.MapKeys() {
			out = append(out, shared(a.MapIndex(k), b.MapIndex(k), fmt.Sprintf("%s[%v]", path, k))...)
		}
	case reflect.Struct:
		for i := range a.NumField() {
			out = append(out, shared(a.Field(i), b.Field(i), path+"."+a.Type().Field(i).Name)...)
		}
	}
	return out
}

// TestShared proves the proof: a plain assignment shares what a deep copy must not.
func TestShared(t *testing.T) {
	type inner struct{ P *int }
	type outer struct {
		S []inner
		M map[string][]string
	}
	n := 1
	a := outer{S: []inner{{&n}}, M: map[string][]string{"k": {"v"}}}
	b := a
	want := []string{"o.S", "o.S[0].P", "o.M", "o.M[k]"}
	if got := shared(reflect.ValueOf(a), reflect.ValueOf(b), "o"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
