// Package structural converts between versions of a kind that differ only in Go types, by walking both types once.
package structural

import (
	"fmt"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Copier copies a value into one of another type with the same JSON. Values of types that both sides share are not copied, so
// the source must have no other owner.
type Copier func(dst, src reflect.Value)

// Pair is a target type and a source type.
type Pair struct{ Dst, Src reflect.Type }

// Special has constructors of copiers for types whose fields moved between versions.
type Special map[Pair]func(*Compiler) (Copier, error)

// Compiler makes the copiers of one conversion. Types may contain themselves, so a Copier is registered before it is complete.
type Compiler struct {
	made    map[Pair]*Copier
	special Special
}

// Converter converts between kinds whose fields differ in Go types and in the special types only. The error names the first
// field without a counterpart.
func Converter(from, to schema.GroupVersionKind, special Special) (resource.Converter, error) {
	makeFrom, makeTo := resources.Kinds[from], resources.Kinds[to]
	if makeFrom == nil || makeTo == nil {
		return nil, fmt.Errorf("no such kind: %v or %v", from, to)
	}
	c := &Compiler{made: map[Pair]*Copier{}, special: special}
	copyTo, err := c.Compile(reflect.TypeOf(makeTo()).Elem(), reflect.TypeOf(makeFrom()).Elem())
	if err != nil {
		return nil, fmt.Errorf("%v to %v: %w", from, to, err)
	}
	return func(in object.Object) (object.Object, error) {
		out, ok := makeTo().(object.Object)
		if !ok {
			return nil, fmt.Errorf("%v is no object", to)
		}
		src := reflect.ValueOf(in.DeepCopyObject())
		if src.Type() != reflect.TypeOf(makeFrom()) {
			return nil, fmt.Errorf("cannot convert %T to %v", in, to)
		}
		(*copyTo)(reflect.ValueOf(out).Elem(), src.Elem())
		out.GetObjectKind().SetGroupVersionKind(to)
		return out, nil
	}, nil
}

// Compile makes the copier of two types. The copier may be called when everything is compiled.
func (c *Compiler) Compile(dst, src reflect.Type) (*Copier, error) {
	k := Pair{dst, src}
	if f := c.made[k]; f != nil {
		return f, nil
	}
	f := new(Copier)
	c.made[k] = f
	create := c.make
	if own := c.special[k]; own != nil {
		create = func(dst, src reflect.Type) (Copier, error) { return own(c) }
	}
	made, err := create(dst, src)
	*f = made
	return f, err
}

func (c *Compiler) make(dst, src reflect.Type) (Copier, error) {
	if dst == src {
		return func(d, s reflect.Value) { d.Set(s) }, nil
	}
	switch {
	case dst.Kind() == src.Kind():
	case dst.Kind() == reflect.Pointer && dst.Elem() == src:
		// nil becomes the zero value.
		return func(d, s reflect.Value) {
			if !s.IsZero() {
				d.Set(s.Addr())
			}
		}, nil
	case src.Kind() == reflect.Pointer && src.Elem() == dst:
		return func(d, s reflect.Value) {
			if !s.IsNil() {
				d.Set(s.Elem())
			}
		}, nil
	default:
		return nil, fmt.Errorf("%v is not like %v", dst, src)
	}
	switch dst.Kind() {
	case reflect.Pointer:
		elem, err := c.Compile(dst.Elem(), src.Elem())
		return func(d, s reflect.Value) {
			if !s.IsNil() {
				p := reflect.New(dst.Elem())
				(*elem)(p.Elem(), s.Elem())
				d.Set(p)
			}
		}, err
	case reflect.Slice:
		elem, err := c.Compile(dst.Elem(), src.Elem())
		return func(d, s reflect.Value) {
			if s.IsNil() {
				return
			}
			l := reflect.MakeSlice(dst, s.Len(), s.Len())
			for i := range s.Len() {
				(*elem)(l.Index(i), s.Index(i))
			}
			d.Set(l)
		}, err
	case reflect.Map:
		elem, err := c.Compile(dst.Elem(), src.Elem())
		return func(d, s reflect.Value) {
			if s.IsNil() {
				return
			}
			m := reflect.MakeMapWithSize(dst, s.Len())
			for _, key := range s.MapKeys() {
				v := reflect.New(dst.Elem()).Elem()
				from := reflect.New(src.Elem()).Elem()
				from.Set(s.MapIndex(key))
				(*elem)(v, from)
				m.SetMapIndex(key.Convert(dst.Key()), v)
			}
			d.Set(m)
		}, err
	case reflect.Struct:
		return c.Fields(dst, src)
	}
	if !src.ConvertibleTo(dst) {
		return nil, fmt.Errorf("%v is not like %v", dst, src)
	}
	return func(d, s reflect.Value) { d.Set(s.Convert(dst)) }, nil
}

// Fields copies every field of src, but those named in skip, to the field of the same name in dst.
func (c *Compiler) Fields(dst, src reflect.Type, skip ...string) (Copier, error) {
	type step struct {
		dst, src int
		copy     *Copier
	}
	targets := map[string]int{}
	for i := range dst.NumField() {
		targets[jsonName(dst.Field(i))] = i
	}
	var steps []step
	for i := range src.NumField() {
		name := jsonName(src.Field(i))
		if slices.Contains(skip, name) {
			continue
		}
		j, ok := targets[name]
		if !ok {
			return nil, fmt.Errorf("%v has no field %s", dst, name)
		}
		f, err := c.Compile(dst.Field(j).Type, src.Field(i).Type)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		steps = append(steps, step{j, i, f})
	}
	return func(d, s reflect.Value) {
		for _, st := range steps {
			(*st.copy)(d.Field(st.dst), s.Field(st.src))
		}
	}, nil
}

// jsonName is a field's JSON name; for embedded metadata the name of its type.
func jsonName(f reflect.StructField) string {
	if n := object.JSONName(f); n != "" {
		return n
	}
	return f.Name
}
