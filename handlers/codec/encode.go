package codec

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/runtime"
)

// MarshalProtobuf is the object in its envelope, byte for byte what upstream writes. The kind is the object's own, or
// that of its Go type when it has none.
func MarshalProtobuf(o runtime.Object) ([]byte, error) {
	apiVersion, kind := o.GetObjectKind().GroupVersionKind().ToAPIVersionAndKind()
	if kind == "" {
		p, _, err := planOf(o)
		if err != nil {
			return nil, err
		}
		apiVersion, kind = p.message.APIVersion, p.message.Kind
	}
	return marshalAs(o, apiVersion, kind)
}

// marshalAs is the object in an envelope that says what it is told.
func marshalAs(o runtime.Object, apiVersion, kind string) ([]byte, error) {
	p, v, err := planOf(o)
	if err != nil {
		return nil, err
	}
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	e.reset()
	if err := e.nodes(p.nodes, v); err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(e.written())+len(apiVersion)+len(kind)+32)
	out = appendEnvelope(out, apiVersion, kind, len(e.written()))
	out = append(out, e.written()...)
	return append(out, envelopeTail...), nil
}

// AppendProtobufMessage appends the object's message without an envelope.
func AppendProtobufMessage(dst []byte, o any) ([]byte, error) {
	p, v, err := planOf(o)
	if err != nil {
		return dst, err
	}
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	e.reset()
	if err := e.nodes(p.nodes, v); err != nil {
		return dst, err
	}
	return append(dst, e.written()...), nil
}

// encoder writes from the end to the start, so that the length of a message is known when it has to be written.
type encoder struct {
	b []byte
	// i is the start of what is written.
	i     int
	depth int
}

var encoders = sync.Pool{New: func() any { return &encoder{b: make([]byte, 8<<10)} }}

// maxPooled is the largest buffer that is kept for another use.
const maxPooled = 1 << 20

func (e *encoder) reset() {
	if len(e.b) > maxPooled {
		e.b = make([]byte, 8<<10)
	}
	e.i, e.depth = len(e.b), 0
}

func (e *encoder) written() []byte { return e.b[e.i:] }

// length is how much is written.
func (e *encoder) length() int { return len(e.b) - e.i }

// room makes place for n bytes before what is written.
func (e *encoder) room(n int) {
	if e.i >= n {
		return
	}
	b := make([]byte, 2*len(e.b)+n)
	i := len(b) - e.length()
	copy(b[i:], e.written())
	e.b, e.i = b, i
}

func (e *encoder) varint(v uint64) {
	n := varintSize(v)
	e.room(n)
	e.i -= n
	for i := e.i; ; i++ {
		if v < 0x80 {
			e.b[i] = byte(v)
			return
		}
		e.b[i] = byte(v) | 0x80
		v >>= 7
	}
}

func (e *encoder) tag(number uint64, wire int) { e.varint(number<<3 | uint64(wire)) }

// end writes length and tag of a value whose content began when the given length was written.
func (e *encoder) end(number uint64, began int) {
	e.varint(uint64(e.length() - began))
	e.tag(number, wireBytes)
}

// content writes bytes without a tag.
func (e *encoder) content(s string) {
	e.room(len(s))
	e.i -= len(s)
	copy(e.b[e.i:], s)
}

func (e *encoder) string(number uint64, s string) {
	e.content(s)
	e.varint(uint64(len(s)))
	e.tag(number, wireBytes)
}

func (e *encoder) bytes(number uint64, b []byte) {
	e.room(len(b))
	e.i -= len(b)
	copy(e.b[e.i:], b)
	e.varint(uint64(len(b)))
	e.tag(number, wireBytes)
}

func (e *encoder) integer(number uint64, v int64) {
	e.varint(uint64(v))
	e.tag(number, wireVarint)
}

func (e *encoder) double(number uint64, f float64) {
	e.room(8)
	e.i -= 8
	v := math.Float64bits(f)
	for i := range 8 {
		e.b[e.i+i] = byte(v >> (8 * i))
	}
	e.tag(number, wireFixed64)
}

// nodes writes the fields of v, highest number first because writing goes backwards.
func (e *encoder) nodes(nodes []planNode, v reflect.Value) error {
	for i := len(nodes) - 1; i >= 0; i-- {
		n := &nodes[i]
		if n.field == nil {
			began := e.length()
			if err := e.nodes(n.inlined, v); err != nil {
				return err
			}
			e.end(n.number, began)
			continue
		}
		if err := e.field(n.number, n.field, v.Field(n.field.index)); err != nil {
			return fmt.Errorf("%s: %w", n.field.Name, err)
		}
	}
	return nil
}

func (e *encoder) field(number uint64, f *planField, v reflect.Value) error {
	switch {
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return e.value(number, f, v.Elem())
	case f.isMap():
		return e.entries(number, f, v)
	case !f.isList():
		return e.value(number, f, v)
	}
	for i := v.Len() - 1; i >= 0; i-- {
		if err := e.value(number, f, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

// entries writes a map in the order of its keys.
func (e *encoder) entries(number uint64, f *planField, v reflect.Value) error {
	if m, ok := v.Interface().(map[string]string); ok {
		keys := sortedKeys(m)
		for i := len(keys) - 1; i >= 0; i-- {
			began := e.length()
			e.string(2, m[keys[i]])
			e.string(1, keys[i])
			e.end(number, began)
		}
		return nil
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return compareStrings(b.String(), a.String()) })
	// Values must be addressable for the methods of quantities and the like.
	element := reflect.New(v.Type().Elem()).Elem()
	for _, k := range keys {
		element.Set(v.MapIndex(k))
		began := e.length()
		if err := e.value(2, f, element); err != nil {
			return err
		}
		e.string(1, k.String())
		e.end(number, began)
	}
	return nil
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func compareStrings(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
