package convert

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// copier copies a value into one of another type whose JSON has the same shape. Memory of types that both sides share is
// shared, so the source must belong to nobody else.
type copier func(dst, src reflect.Value)

// pair is a target type and a source type.
type pair struct{ dst, src reflect.Type }

// compiler makes the copiers of one conversion. Types may contain themselves, so a copier is known before it is complete.
type compiler map[pair]*copier

// structural converts between kinds whose fields are all the same but for their Go types and the special types. It is nil
// with an error that names the first field which has no counterpart.
func structural(from, to schema.GroupVersionKind) (resource.Converter, error) {
	makeFrom, makeTo := resources.Kinds[from], resources.Kinds[to]
	if makeFrom == nil || makeTo == nil {
		return nil, fmt.Errorf("no such kind: %v or %v", from, to)
	}
	c := compiler{}
	copyTo, err := c.compile(reflect.TypeOf(makeTo()).Elem(), reflect.TypeOf(makeFrom()).Elem())
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

func (c compiler) compile(dst, src reflect.Type) (*copier, error) {
	k := pair{dst, src}
	if f := c[k]; f != nil {
		return f, nil
	}
	f := new(copier)
	c[k] = f
	create := c.make
	if own := special[k]; own != nil {
		create = func(dst, src reflect.Type) (copier, error) { return own(c) }
	}
	made, err := create(dst, src)
	*f = made
	return f, err
}

func (c compiler) make(dst, src reflect.Type) (copier, error) {
	if dst == src {
		return func(d, s reflect.Value) { d.Set(s) }, nil
	}
	switch {
	case dst.Kind() == src.Kind():
	case dst.Kind() == reflect.Pointer && dst.Elem() == src:
		// An optional value: absent is zero.
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
		elem, err := c.compile(dst.Elem(), src.Elem())
		return func(d, s reflect.Value) {
			if !s.IsNil() {
				p := reflect.New(dst.Elem())
				(*elem)(p.Elem(), s.Elem())
				d.Set(p)
			}
		}, err
	case reflect.Slice:
		elem, err := c.compile(dst.Elem(), src.Elem())
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
		elem, err := c.compile(dst.Elem(), src.Elem())
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
		return c.fields(dst, src)
	}
	if !src.ConvertibleTo(dst) {
		return nil, fmt.Errorf("%v is not like %v", dst, src)
	}
	return func(d, s reflect.Value) { d.Set(s.Convert(dst)) }, nil
}

// fields copies every field of src, but those named in skip, to the field of the same name in dst.
func (c compiler) fields(dst, src reflect.Type, skip ...string) (copier, error) {
	type step struct {
		dst, src int
		copy     *copier
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
		f, err := c.compile(dst.Field(j).Type, src.Field(i).Type)
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

// jsonName is a field's name on the wire; embedded metadata is known by its type's.
func jsonName(f reflect.StructField) string {
	if n, _, _ := strings.Cut(f.Tag.Get("json"), ","); n != "" {
		return n
	}
	return f.Name
}
