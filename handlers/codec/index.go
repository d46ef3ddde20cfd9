package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	wire "github.com/gatehouse-dev/gatehouse/gen/schema"
)

// Index is what selectors ask of a stored object, found in its bytes without building it.
type Index struct {
	Labels *Pairs
	// Fields are the selectable ones that are plain values along a path. What is not here has to be asked of the object.
	Fields *Pairs
}

// Indexes calls yield with every field.
func (x *Index) Indexes(yield func(field, value string)) { x.Fields.Each(yield) }

// Label is the value of a label.
func (x *Index) Label(name string) (value string, has bool) { return x.Labels.Lookup(name) }

// Field is the value of a selectable field; known is false for one that has to be asked of the object.
func (x *Index) Field(name string) (value string, known bool) { return x.Fields.Lookup(name) }

// Same says whether other attributes are equal.
func (x *Index) Same(other any) bool {
	o, ok := other.(*Index)
	return ok && (x == o || x.Labels.equal(o.Labels) && x.Fields.equal(o.Fields))
}

// Attributes is the *Index of a stored object of any kind, and nil for bytes that only a decoder can make sense of.
func Attributes(_ string, stored []byte) any {
	if IsProtobuf(stored) {
		return attributes(indexProtobuf(stored))
	}
	return attributes(indexJSON(stored))
}

// Attributes implements resource.Codec.
func (c *Builtin) Attributes(stored []byte) any { return Attributes("", stored) }

// attributes is nil for an index that could not be made: a nil *Index would be one.
func attributes(x *Index, err error) any {
	if err != nil {
		return nil
	}
	return x
}

// labelsNumber is the field of objectMeta.
const labelsNumber = 11

func indexProtobuf(stored []byte) (*Index, error) {
	e, err := openEnvelope(stored)
	if err != nil {
		return nil, err
	}
	m, err := findMetadata(e.raw)
	if err != nil {
		return nil, err
	}
	var room [512]byte
	packed := room[:0]
	var last []byte
	for i := 0; i < len(m.content); {
		number, kind, from, to, err := next(m.content, i)
		if err != nil {
			return nil, err
		}
		if number == labelsNumber && kind == wireBytes {
			name, value, err := mapEntry(m.content[from:to])
			if err != nil {
				return nil, err
			}
			if len(packed) > 0 && bytes.Compare(name, last) <= 0 {
				return nil, errIrregular
			}
			packed = packString(packString(packed, name), value)
			last = name
		}
		i = to
	}
	x := &Index{Labels: pairsOf(nil, packed)}
	known := selectables()[kindName{string(e.apiVersion), string(e.kind)}]
	if known == nil {
		return x, nil
	}
	packed = packed[:0]
	for i := range known.fields {
		var digits [20]byte
		value, err := known.fields[i].value(e.raw, digits[:0])
		if err != nil {
			return nil, err
		}
		packed = packString(packed, value)
	}
	x.Fields = pairsOf(&known.names, packed)
	return x, nil
}

func mapEntry(b []byte) (name, value []byte, err error) {
	for i := 0; i < len(b); {
		number, kind, from, to, err := next(b, i)
		if err != nil {
			return nil, nil, err
		}
		switch {
		case kind != wireBytes:
			return nil, nil, errIrregular
		case number == 1:
			name = b[from:to]
		case number == 2:
			value = b[from:to]
		}
		i = to
	}
	return name, value, nil
}

// indexJSON reads the labels of a custom resource.
func indexJSON(stored []byte) (*Index, error) {
	var labels map[string]string
	if err := metadataMember(stored, "labels", &labels); err != nil {
		return nil, err
	}
	return &Index{Labels: NewPairs(labels)}, nil
}

// metadataMember reads one member of the metadata of a custom resource, if it is there.
func metadataMember(stored []byte, name string, into any) error {
	var inside, read error
	err := members(stored, 0, func(m member) bool {
		if m.key != "metadata" {
			return true
		}
		inside = members(stored, m.value, func(m member) bool {
			if m.key == name {
				read = json.Unmarshal(stored[m.value:m.to], into)
			}
			return m.key != name
		})
		return false
	})
	return errors.Join(err, inside, read)
}

type kindName struct{ apiVersion, kind string }

// selectable is a field of a stored kind, by the numbers that lead to it.
type selectable struct {
	name string
	path []step
	kind wire.Kind
	// pointer: an absent value is none at all, as against zero.
	pointer bool
}

// step is a message on the way.
type step struct {
	number  uint64
	pointer bool
}

// noPaths are selectable fields whose value is not that of the field of their name.
var noPaths = map[kindName][]string{
	{"v1", "Pod"}: {"status.podIP"}, // the first of status.podIPs
}

// kindFields are a kind's, sorted by name.
type kindFields struct {
	fields []selectable
	names  []string
}

// selectables are the fields of the kinds in the store. The rows name them as the served version does, so some of a kind
// that is stored as another are not found here.
var selectables = sync.OnceValue(func() map[kindName]*kindFields {
	all := map[kindName][]selectable{}
	for _, row := range resources.Rows {
		k := kindName{strings.TrimPrefix(row.Storage, "/"), row.Kind}
		m := wire.ByKind(k.apiVersion, k.kind)
		if m == nil || row.Subresource != "" {
			continue
		}
		for _, name := range row.Fields {
			f, ok := findSelectable(m, name)
			known := slices.ContainsFunc(all[k], func(x selectable) bool { return x.name == name })
			if ok && !known && !slices.Contains(noPaths[k], name) {
				all[k] = append(all[k], f)
			}
		}
	}
	out := make(map[kindName]*kindFields, len(all))
	for k, fields := range all {
		slices.SortFunc(fields, func(a, b selectable) int { return strings.Compare(a.name, b.name) })
		out[k] = &kindFields{fields: fields}
		for _, f := range fields {
			out[k].names = append(out[k].names, f.name)
		}
	}
	return out
})

// HasAttribute implements resource.Codec.
func (c *Builtin) HasAttribute(field string) bool {
	known := selectables()[kindName{c.storedVersion, c.storedKind}]
	return known != nil && slices.Contains(known.names, field)
}

// findSelectable follows a path of names through messages to a plain value.
func findSelectable(m *wire.Message, path string) (selectable, bool) {
	out := selectable{name: path}
	names := strings.Split(strings.TrimPrefix(path, "."), ".")
	for i, name := range names {
		fields := m.Fields()
		at := slices.IndexFunc(fields, func(f wire.Field) bool { return f.Name == name })
		if at < 0 {
			return out, false
		}
		f := &fields[at]
		if int(m.Lookup(uint64(f.Number)).Field) != at+1 || f.Flags&(wire.Repeated|wire.Map) != 0 {
			return out, false
		}
		pointer := f.Flags&wire.Pointer != 0
		if i < len(names)-1 {
			if f.Kind != wire.Struct {
				return out, false
			}
			out.path = append(out.path, step{uint64(f.Number), pointer})
			m = f.Element()
			continue
		}
		out.path = append(out.path, step{uint64(f.Number), pointer})
		out.kind, out.pointer = f.Kind, pointer
	}
	switch out.kind {
	case wire.String, wire.Bool, wire.Int32, wire.Int64:
		return out, true
	}
	return out, false
}

// value is the field's text in an object's message: bytes of it, or digits.
func (s *selectable) value(b, digits []byte) ([]byte, error) {
	for i, at := range s.path {
		value, found, err := only(b, at.number)
		if err != nil {
			return nil, err
		}
		if !found {
			if at.pointer || s.pointer {
				return nil, nil
			}
			b = nil
		} else {
			b = value
		}
		if i == len(s.path)-1 {
			return s.text(b, digits)
		}
	}
	return nil, nil
}

func (s *selectable) text(b, digits []byte) ([]byte, error) {
	if s.kind == wire.String {
		return b, nil
	}
	var n uint64
	if len(b) > 0 {
		var err error
		if n, _, err = varint(b, 0); err != nil {
			return nil, err
		}
	}
	switch s.kind {
	case wire.Bool:
		return strconv.AppendBool(digits, n != 0), nil
	case wire.Int32:
		return strconv.AppendInt(digits, int64(int32(n)), 10), nil
	}
	return strconv.AppendInt(digits, int64(n), 10), nil
}

// only finds the one field of a number in a message.
func only(b []byte, number uint64) (value []byte, found bool, err error) {
	for i := 0; i < len(b); {
		n, _, from, to, err := next(b, i)
		if err != nil {
			return nil, false, err
		}
		if n == number {
			if found {
				return nil, false, errIrregular
			}
			value, found = b[from:to], true
		}
		i = to
	}
	return value, found, nil
}
