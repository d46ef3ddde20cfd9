package codec

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"

	wire "github.com/gatehouse-dev/gatehouse/gen/schema"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// value reads one value into v, which is addressable.
func (d *decoder) value(f *planField, b []byte, v reflect.Value) error {
	switch f.Kind {
	case wire.String:
		v.SetString(string(b))
	case wire.Struct:
		if f.Flags&wire.Typed != 0 {
			if o, ok := v.Addr().Interface().(runtime.Object); ok {
				m := f.element.message
				o.GetObjectKind().SetGroupVersionKind(schema.FromAPIVersionAndKind(m.APIVersion, m.Kind))
			}
		}
		return d.message(f.element, f.element.message.Group, b, v)
	case wire.Int32:
		v.SetInt(int64(int32(uvarint(b))))
	case wire.Int64:
		v.SetInt(int64(uvarint(b)))
	case wire.Bool:
		v.SetBool(uvarint(b) != 0)
	case wire.Double:
		v.SetFloat(math.Float64frombits(fixed64(b)))
	case wire.Bytes:
		v.SetBytes(append([]byte{}, b...))
	case wire.Strings:
		return d.strings(b, v)
	default:
		return d.special(f, b, v)
	}
	return nil
}

func (d *decoder) strings(b []byte, v reflect.Value) error {
	if v.IsNil() {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	}
	for i := 0; i < len(b); {
		number, wt, from, to, err := next(b, i)
		if err != nil {
			return err
		}
		if number == 1 {
			if wt != wireBytes {
				return fmt.Errorf("proto: wrong wireType = %d for field Items", wt)
			}
			extend(v).SetString(string(b[from:to]))
		}
		i = to
	}
	return nil
}

// special reads the types of apimachinery that have a wire form of their own.
func (d *decoder) special(f *planField, b []byte, v reflect.Value) (err error) {
	switch x := v.Addr().Interface().(type) {
	case *resource.Quantity:
		s, err := single(b)
		if err != nil || len(b) == 0 {
			return err
		}
		*x, err = object.ParseQuantity(string(s))
		return err
	case *metav1.Time:
		at, err := timestamp(f.Kind, b)
		if err == nil && len(b) > 0 {
			at = at.Local()
		}
		x.Time = at
		return err
	case *metav1.MicroTime:
		at, err := timestamp(f.Kind, b)
		if err == nil && len(b) > 0 {
			at = at.Local()
		}
		x.Time = at
		return err
	case *intstr.IntOrString:
		return decodeIntOrString(b, x)
	case *metav1.FieldsV1:
		x.Raw, err = d.raw(b)
	case *runtime.RawExtension:
		x.Raw, err = d.raw(b)
	case *json.RawMessage:
		if f.Kind == wire.AnyJSON {
			*x, err = d.raw(b)
			return err
		}
		d.text = transcoder{out: d.text.out[:0], spans: d.text.spans[:0]}
		if err := d.text.union(f.Kind, b); err != nil {
			return err
		}
		*x = slices.Clone(d.text.out)
	default:
		return fmt.Errorf("no wire form for %v", v.Type())
	}
	return err
}

// raw is a copy of wrapped bytes; nil when there are none, as opposed to empty ones.
func (d *decoder) raw(b []byte) ([]byte, error) {
	s, err := single(b)
	if err != nil || s == nil {
		return nil, err
	}
	return append([]byte{}, s...), nil
}

func decodeIntOrString(b []byte, x *intstr.IntOrString) error {
	for i := 0; i < len(b); {
		n, wt, from, to, err := next(b, i)
		if err != nil {
			return err
		}
		if n <= 3 && (wt == wireBytes) != (n == 3) {
			return fmt.Errorf("proto: wrong wireType = %d in an IntOrString", wt)
		}
		switch n {
		case 1:
			x.Type = intstr.Type(int64(uvarint(b[from:to])))
		case 2:
			x.IntVal = int32(uvarint(b[from:to]))
		case 3:
			x.StrVal = string(b[from:to])
		}
		i = to
	}
	return nil
}
