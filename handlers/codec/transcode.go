package codec

import (
	"errors"
	"fmt"
	"sync"

	"github.com/gatehouse-dev/gatehouse/gen/schema"
)

// errIrregular reports legal protobuf that no Kubernetes writer makes: a message in several parts, packed lists, map
// keys out of order. The caller then goes through a struct.
var errIrregular = errors.New("protobuf that is not in canonical order")

// objectMeta is where a resourceVersion is put in.
var objectMeta = schema.ByName("meta/v1.ObjectMeta")

// resourceVersionNumber is the field of objectMeta.
const resourceVersionNumber = 6

// mode says what is particular about one message while it is written.
type mode uint8

const (
	// typed messages show apiVersion and kind.
	typed mode = 1 << iota
	// versioned messages have the metadata that gets the transcoder's resourceVersion.
	versioned
	// stamped is that metadata.
	stamped
)

// span is where a field's bytes lie in its message: the value of a single field, or everything from the first tag of a
// repeated one to the end of its last value.
type span struct {
	from, to int32
	present  bool
}

// transcoder turns messages into JSON. It first notes where each field lies and then writes in the order of JSON, so
// that order on the wire does not matter.
type transcoder struct {
	out []byte
	// spans of all messages that are being written, innermost last.
	spans []span
	// revision are the digits of the resourceVersion; empty leaves it out.
	revision []byte
	depth    int
}

var transcoders = sync.Pool{New: func() any { return &transcoder{spans: make([]span, 0, 256)} }}

// transcode appends the JSON of a message. On an error dst comes back as it was.
func transcode(dst []byte, m *schema.Message, raw []byte, revision int64, how mode) ([]byte, error) {
	t := transcoders.Get().(*transcoder)
	t.out, t.spans, t.depth = dst, t.spans[:0], 0
	t.revision = appendRevision(t.revision[:0], revision)
	err := t.message(m, raw, how)
	out := t.out
	t.out = nil
	transcoders.Put(t)
	if err != nil {
		return dst, err
	}
	return out, nil
}

// message appends the JSON object for the message in b.
func (t *transcoder) message(m *schema.Message, b []byte, how mode) error {
	if t.depth++; t.depth > maxDepth {
		return errDepth
	}
	base, count := len(t.spans), int(m.Count)
	for range count {
		t.spans = append(t.spans, span{})
	}
	if err := t.scan(m, m.Group, b, 0, len(b), base); err != nil {
		return err
	}
	t.out = append(t.out, '{')
	first := true
	fields := m.Fields()
	for i := range fields {
		f, s := &fields[i], t.spans[base+i]
		special := f.Number == 0 || how&stamped != 0 && f.Number == resourceVersionNumber
		switch {
		case f.Number == 0 && how&typed == 0:
			continue
		case special && f.Number != 0 && len(t.revision) == 0:
			continue
		case special:
		case s.present && f.Flags&(schema.Pointer|schema.Required) == 0 && t.omitted(f, b[s.from:s.to]):
			continue
		case !s.present && f.Flags&schema.Required == 0 && (f.Kind != schema.Struct && !alwaysWritten(f) || f.Flags&(schema.Pointer|schema.Repeated|schema.Map) != 0):
			continue
		}
		if !first {
			t.out = append(t.out, ',')
		}
		first = false
		t.out = append(t.out, f.Key...)
		var err error
		switch {
		case special:
			t.special(m, f)
		case s.present:
			err = t.field(f, b, s, inner(f, how))
		default:
			err = t.zero(f, inner(f, how))
		}
		if err != nil {
			return err
		}
	}
	t.out = append(t.out, '}')
	t.spans = t.spans[:base]
	t.depth--
	return nil
}

// inner is the mode of the message in a field of a message of mode how.
func inner(f *schema.Field, how mode) mode {
	switch {
	case how&versioned != 0 && f.Kind == schema.Struct && f.Element() == objectMeta:
		return stamped
	case f.Flags&schema.Typed != 0:
		return typed
	}
	return 0
}

// alwaysWritten says whether JSON has a single value that is no pointer even when it is empty: omitempty knows no empty
// struct.
func alwaysWritten(f *schema.Field) bool {
	switch f.Kind {
	case schema.Quantity, schema.IntOrString, schema.Raw, schema.FieldsV1:
		return f.Flags&(schema.Pointer|schema.Repeated|schema.Map) == 0
	case schema.Time, schema.MicroTime:
		return f.Flags&(schema.Pointer|schema.Repeated|schema.Map|schema.OmitZero) == 0
	}
	return false
}

// special writes what the message's own bytes do not decide.
func (t *transcoder) special(m *schema.Message, f *schema.Field) {
	switch {
	case f.Number != 0:
		t.out = append(append(append(t.out, '"'), t.revision...), '"')
	case f.Name == "kind":
		t.out = appendString(t.out, m.Kind)
	default:
		t.out = appendString(t.out, m.APIVersion)
	}
}

// scan notes where the fields of a message, or of a struct inlined in it, lie in b[i:end].
func (t *transcoder) scan(m *schema.Message, g schema.Group, b []byte, i, end, base int) error {
	if int(int32(len(b))) != len(b) {
		return errIrregular
	}
	fields := m.Fields()
	var inlined uint64
	for i < end {
		number, wire, from, to, err := next(b[:end], i)
		if err != nil {
			return err
		}
		n := g.Lookup(number)
		switch {
		case n.Field != 0:
			f, s := &fields[n.Field-1], &t.spans[base+int(n.Field)-1]
			if want := wireType(f.Kind); wire != want || f.Flags&schema.Map != 0 && wire != wireBytes {
				if f.Flags&schema.Repeated != 0 && wire == wireBytes {
					return errIrregular // a packed list
				}
				return fmt.Errorf("proto: wrong wireType = %d for field %s", wire, f.Name)
			}
			switch {
			case f.Flags&(schema.Repeated|schema.Map) == 0:
				if s.present && f.Kind >= schema.Struct {
					return errIrregular // parts that must be merged
				}
				*s = span{int32(from), int32(to), true}
			case s.present:
				s.to = int32(to)
			default:
				*s = span{int32(i), int32(to), true}
			}
		case n.Inlined != 0:
			if wire != wireBytes {
				return fmt.Errorf("proto: wrong wireType = %d for field %d", wire, number)
			}
			if inlined&(1<<(number&63)) != 0 {
				return errIrregular
			}
			inlined |= 1 << (number & 63)
			if err := t.scan(m, n.Inline(), b, from, to, base); err != nil {
				return err
			}
		}
		i = to
	}
	return nil
}

// wireType is how values of a kind are written.
func wireType(k schema.Kind) int {
	switch k {
	case schema.Bool, schema.Int32, schema.Int64:
		return wireVarint
	case schema.Double:
		return wireFixed64
	}
	return wireBytes
}

// omitted says whether omitempty leaves out a value that is there. b are its bytes.
func (t *transcoder) omitted(f *schema.Field, b []byte) bool {
	if f.Flags&(schema.Repeated|schema.Map) != 0 {
		return false
	}
	switch f.Kind {
	case schema.String, schema.Bytes, schema.Strings:
		return len(b) == 0
	case schema.Bool, schema.Int64:
		return uvarint(b) == 0
	case schema.Int32:
		return int32(uvarint(b)) == 0
	case schema.Double:
		return fixed64(b) == 0
	case schema.Time, schema.MicroTime:
		return f.Flags&schema.OmitZero != 0 && isZeroTime(f.Kind, b)
	}
	return false
}

// zero appends the value of a field that is not there.
func (t *transcoder) zero(f *schema.Field, how mode) error {
	if f.Flags&(schema.Repeated|schema.Map|schema.Pointer) != 0 {
		t.out = append(t.out, "null"...)
		return nil
	}
	switch f.Kind {
	case schema.Struct:
		return t.message(f.Element(), nil, how)
	case schema.String:
		t.out = append(t.out, `""`...)
	case schema.Bool:
		t.out = append(t.out, "false"...)
	case schema.Quantity:
		t.out = append(t.out, `"0"`...)
	case schema.Int32, schema.Int64, schema.Double, schema.IntOrString:
		t.out = append(t.out, '0')
	default:
		t.out = append(t.out, "null"...)
	}
	return nil
}

// field appends a field's value.
func (t *transcoder) field(f *schema.Field, b []byte, s span, how mode) error {
	switch {
	case f.Flags&schema.Map != 0:
		return t.entries(f, b, s)
	case f.Flags&schema.Repeated == 0:
		return t.value(f, b[s.from:s.to], how)
	}
	open := byte('[')
	for i := int(s.from); i < int(s.to); {
		number, _, from, to, err := next(b, i)
		if err != nil {
			return err
		}
		if number == uint64(f.Number) {
			t.out = append(t.out, open)
			open = ','
			if err := t.value(f, b[from:to], how); err != nil {
				return err
			}
		}
		i = to
	}
	t.out = append(t.out, ']')
	return nil
}

// entries appends a map. Upstream writes maps sorted by key on the wire as JSON needs them.
func (t *transcoder) entries(f *schema.Field, b []byte, s span) error {
	open := byte('{')
	var last []byte
	for i := int(s.from); i < int(s.to); {
		number, _, from, to, err := next(b, i)
		if err != nil {
			return err
		}
		i = to
		if number != uint64(f.Number) {
			continue
		}
		key, value, err := entry(b[from:to])
		if err != nil {
			return err
		}
		if open == ',' && string(key) <= string(last) {
			return errIrregular
		}
		last = key
		t.out = append(t.out, open)
		open = ','
		t.out = append(appendString(t.out, key), ':')
		if err := t.value(f, value, 0); err != nil {
			return err
		}
	}
	t.out = append(t.out, '}')
	return nil
}

// entry splits one pair of a map. All maps have string keys and length-delimited values.
func entry(b []byte) (key, value []byte, err error) {
	for i := 0; i < len(b); {
		number, wire, from, to, err := next(b, i)
		if err != nil {
			return nil, nil, err
		}
		if (number == 1 || number == 2) && wire != wireBytes {
			return nil, nil, fmt.Errorf("proto: wrong wireType = %d in a map", wire)
		}
		switch number {
		case 1:
			key = b[from:to]
		case 2:
			value = b[from:to]
		}
		i = to
	}
	return key, value, nil
}
