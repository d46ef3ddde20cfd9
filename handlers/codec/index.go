package codec

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unique"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	wire "github.com/gatehouse-dev/gatehouse/gen/schema"
)

// Index is what selectors ask of a stored object, found in its bytes without building it. Strings are shared between
// objects.
type Index struct {
	Labels Pairs
	// Fields are the selectable ones that are plain values along a path. What is not here has to be asked of the object.
	Fields Pairs
}

// Pair is a name and its value.
type Pair struct{ Name, Value string }

// Pairs are sorted by name. They are what apimachinery's label and field selectors match.
type Pairs []Pair

// Lookup finds a value by its name.
func (p Pairs) Lookup(name string) (value string, exists bool) {
	i, found := slices.BinarySearchFunc(p, name, func(x Pair, name string) int { return strings.Compare(x.Name, name) })
	if !found {
		return "", false
	}
	return p[i].Value, true
}

// Has says whether the name is there.
func (p Pairs) Has(name string) bool {
	_, exists := p.Lookup(name)
	return exists
}

// Get is the value of a name, empty when it is not there.
func (p Pairs) Get(name string) string {
	value, _ := p.Lookup(name)
	return value
}

// Indexes calls yield with every field.
func (x *Index) Indexes(yield func(field, value string)) {
	for _, f := range x.Fields {
		yield(f.Name, f.Value)
	}
}

// Label is the value of a label.
func (x *Index) Label(name string) (value string, has bool) { return x.Labels.Lookup(name) }

// Field is the value of a selectable field; known is false for one that has to be asked of the object.
func (x *Index) Field(name string) (value string, known bool) { return x.Fields.Lookup(name) }

// Attributes is the *Index of a stored object of any kind, and nil for bytes that only a decoder can make sense of.
func Attributes(_ string, stored []byte) any {
	var x *Index
	var err error
	if IsProtobuf(stored) {
		x, err = indexProtobuf(stored)
	} else {
		x, err = indexJSON(stored)
	}
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
	x := &Index{}
	for i := 0; i < len(m.content); {
		number, kind, from, to, err := next(m.content, i)
		if err != nil {
			return nil, err
		}
		if number == labelsNumber && kind == wireBytes {
			label, err := mapEntry(m.content[from:to])
			if err != nil {
				return nil, err
			}
			x.Labels = append(x.Labels, label)
		}
		i = to
	}
	if !slices.IsSortedFunc(x.Labels, byName) {
		return nil, errIrregular
	}
	known := selectables()[kindName{string(e.apiVersion), string(e.kind)}]
	if len(known) == 0 {
		return x, nil
	}
	x.Fields = make(Pairs, len(known))
	for i, f := range known {
		value, err := f.value(e.raw)
		if err != nil {
			return nil, err
		}
		x.Fields[i] = Pair{f.name, value}
	}
	return x, nil
}

func byName(a, b Pair) int { return strings.Compare(a.Name, b.Name) }

func shared(b []byte) string { return unique.Make(string(b)).Value() }

func mapEntry(b []byte) (p Pair, err error) {
	for i := 0; i < len(b); {
		number, kind, from, to, err := next(b, i)
		if err != nil {
			return p, err
		}
		switch {
		case kind != wireBytes:
			return p, errIrregular
		case number == 1:
			p.Name = shared(b[from:to])
		case number == 2:
			p.Value = shared(b[from:to])
		}
		i = to
	}
	return p, nil
}

// indexJSON reads the labels of a custom resource.
func indexJSON(stored []byte) (*Index, error) {
	x := &Index{}
	var labels map[string]string
	var inside, read error
	err := members(stored, 0, func(m member) bool {
		if m.key != "metadata" {
			return true
		}
		inside = members(stored, m.value, func(m member) bool {
			if m.key == "labels" {
				read = json.Unmarshal(stored[m.value:m.to], &labels)
			}
			return m.key != "labels"
		})
		return false
	})
	for name, value := range labels {
		x.Labels = append(x.Labels, Pair{unique.Make(name).Value(), unique.Make(value).Value()})
	}
	slices.SortFunc(x.Labels, byName)
	return x, errors.Join(err, inside, read)
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

// selectables are the fields of the kinds in the store. The rows name them as the served version does, so some of a kind
// that is stored as another are not found here.
var selectables = sync.OnceValue(func() map[kindName][]selectable {
	out := map[kindName][]selectable{}
	for _, row := range resources.Rows {
		k := kindName{strings.TrimPrefix(row.Storage, "/"), row.Kind}
		m := wire.ByKind(k.apiVersion, k.kind)
		if m == nil || row.Subresource != "" {
			continue
		}
		for _, name := range row.Fields {
			f, ok := findSelectable(m, name)
			known := slices.ContainsFunc(out[k], func(x selectable) bool { return x.name == name })
			if ok && !known && !slices.Contains(noPaths[k], name) {
				out[k] = append(out[k], f)
			}
		}
	}
	for _, fields := range out {
		slices.SortFunc(fields, func(a, b selectable) int { return strings.Compare(a.name, b.name) })
	}
	return out
})

// IsIndexed says whether the index of a row's stored objects has a field.
func IsIndexed(row resources.Row, field string) bool {
	known := selectables()[kindName{strings.TrimPrefix(row.Storage, "/"), row.Kind}]
	return slices.ContainsFunc(known, func(x selectable) bool { return x.name == field })
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

// value is the field's text in an object's message.
func (s *selectable) value(b []byte) (string, error) {
	for i, at := range s.path {
		value, found, err := only(b, at.number)
		if err != nil {
			return "", err
		}
		if !found {
			if at.pointer || s.pointer {
				return "", nil
			}
			b = nil
		} else {
			b = value
		}
		if i == len(s.path)-1 {
			return s.text(b)
		}
	}
	return "", nil
}

func (s *selectable) text(b []byte) (string, error) {
	if s.kind == wire.String {
		return shared(b), nil
	}
	var n uint64
	if len(b) > 0 {
		var err error
		if n, _, err = varint(b, 0); err != nil {
			return "", err
		}
	}
	switch s.kind {
	case wire.Bool:
		return strconv.FormatBool(n != 0), nil
	case wire.Int32:
		return strconv.FormatInt(int64(int32(n)), 10), nil
	}
	return strconv.FormatInt(int64(n), 10), nil
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
