package codec

import (
	"errors"
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	wire "github.com/gatehouse-dev/gatehouse/gen/schema"
)

// unmarshalMessage fills o, which must be empty, from its message. Unknown fields are dropped, messages in several
// parts are merged; o keeps no reference to b.
func unmarshalMessage(b []byte, o any) error {
	p, v, err := planOf(o)
	if err != nil {
		return err
	}
	d := decoder{budget: minBudget + growth*len(b)}
	return d.message(p, p.message.Group, b, v)
}

// An empty message takes two bytes on the wire and hundreds as a struct. Objects that anybody means take less than a
// fifth of this; a body made to fill the memory is refused.
const (
	minBudget = 32 << 20
	growth    = 20
)

var errBudget = errors.New("the object would take too much memory")

// UnmarshalProtobuf fills o, which must be empty, from enveloped bytes and sets its apiVersion and kind to the
// envelope's.
func UnmarshalProtobuf(b []byte, o runtime.Object) error {
	e, err := openEnvelope(b)
	if err != nil {
		return err
	}
	if err := unmarshalMessage(e.raw, o); err != nil {
		return err
	}
	o.GetObjectKind().SetGroupVersionKind(schema.FromAPIVersionAndKind(string(e.apiVersion), string(e.kind)))
	return nil
}

type decoder struct {
	depth int
	// budget is how many bytes of structs may still be made.
	budget int
	text   transcoder
}

// message reads the fields of a message, or of a struct inlined in it, into v.
func (d *decoder) message(p *plan, g wire.Group, b []byte, v reflect.Value) error {
	if d.depth++; d.depth > maxDepth {
		return errDepth
	}
	for i := 0; i < len(b); {
		number, wt, from, to, err := next(b, i)
		if err != nil {
			return err
		}
		n := g.Lookup(number)
		switch {
		case n.Field != 0:
			f := &p.fields[n.Field-1]
			into := v.Field(f.index)
			if f.isList() && wt == wireType(f.Kind) && into.Len() == into.Cap() {
				if err := d.grow(into, b, i, number); err != nil {
					return err
				}
			}
			if err := d.field(f, wt, b[from:to], into); err != nil {
				return err
			}
		case n.Inlined != 0:
			if wt != wireBytes {
				return fmt.Errorf("proto: wrong wireType = %d for field %d", wt, number)
			}
			if err := d.message(p, n.Inline(), b[from:to], v); err != nil {
				return err
			}
		}
		i = to
	}
	d.depth--
	return nil
}

func (d *decoder) field(f *planField, wt int, b []byte, v reflect.Value) error {
	want := wireType(f.Kind)
	switch {
	case f.isMap():
		if wt != wireBytes {
			return fmt.Errorf("proto: wrong wireType = %d for field %s", wt, f.goName)
		}
		return d.entry(f, b, v)
	case f.isList() && wt == wireBytes && want != wireBytes:
		return d.packed(f, b, v)
	case wt != want:
		return fmt.Errorf("proto: wrong wireType = %d for field %s", wt, f.goName)
	case f.isList():
		if err := d.spend(v.Type().Elem()); err != nil {
			return err
		}
		v = extend(v)
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			if err := d.spend(v.Type().Elem()); err != nil {
				return err
			}
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	return d.value(f, b, v)
}

func (d *decoder) spend(t reflect.Type) error {
	if d.budget -= int(t.Size()); d.budget < 0 {
		return errBudget
	}
	return nil
}

// grow makes room in a list for all elements that follow each other from b[i] on, if they can be paid for. Each is paid for
// when it is there: a list that grows for one element gets room for more than that.
func (d *decoder) grow(list reflect.Value, b []byte, i int, number uint64) error {
	n := 0
	for i < len(b) {
		another, _, _, to, err := next(b, i)
		if err != nil || another != number {
			break // the next read returns the error
		}
		i = to
		n++
	}
	if n*int(list.Type().Elem().Size()) > d.budget {
		return errBudget
	}
	list.Grow(n)
	return nil
}

// extend adds one zero element to a slice and returns it.
func extend(v reflect.Value) reflect.Value {
	n := v.Len()
	if n == v.Cap() {
		v.Grow(1)
	}
	v.SetLen(n + 1)
	return v.Index(n)
}

// packed reads a list of numbers that stand in one field.
func (d *decoder) packed(f *planField, b []byte, v reflect.Value) error {
	for i := 0; i < len(b); {
		to := i + 8
		if wireType(f.Kind) == wireVarint {
			var err error
			if _, to, err = varint(b, i); err != nil {
				return err
			}
		}
		if to > len(b) {
			return fmt.Errorf("proto: field %s ends early", f.goName)
		}
		if err := d.value(f, b[i:to], extend(v)); err != nil {
			return err
		}
		i = to
	}
	return nil
}

// entry reads one pair of a map; a later pair with the same key wins.
func (d *decoder) entry(f *planField, b []byte, v reflect.Value) error {
	key, value, err := entry(b)
	if err != nil {
		return err
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	if err := d.spend(v.Type().Elem()); err != nil {
		return err
	}
	if texts, ok := v.Interface().(map[string]string); ok {
		texts[string(key)] = string(value)
		return nil
	}
	k := reflect.New(v.Type().Key()).Elem()
	k.SetString(string(key))
	e := reflect.New(v.Type().Elem()).Elem()
	if err := d.value(f, value, e); err != nil {
		return err
	}
	v.SetMapIndex(k, e)
	return nil
}
