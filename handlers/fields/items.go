package fields

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/gatehouse-dev/gatehouse/gen/schema"
)

// item is one of a set or a keyed list.
type item struct {
	// key is the item in FieldsV1: "k:{\"name\":\"a\"}": or "v:1":
	key string
	// parts are the values of the key, for the order.
	parts []part
	value value
}

// part is one value of a key.
type part struct {
	text   string
	number int64
	kind   partKind
}

type partKind uint8

const (
	missing partKind = iota
	number
	text
	boolean
)

// items are those of a list in the order of FieldsV1. It returns false where only the library can decide: for duplicate keys,
// keys that JSON escapes, and keys of several types.
func items(n *node, x value) ([]item, bool) {
	if x.empty() {
		return nil, true
	}
	out := make([]item, x.Len())
	for i := range out {
		it := &out[i]
		it.value = value{Value: x.Index(i)}
		if !it.name(n) {
			return nil, false
		}
		if i > 0 && !sameKinds(out[0].parts, it.parts) {
			return nil, false
		}
	}
	slices.SortFunc(out, func(x, y item) int { return compareParts(x.parts, y.parts) })
	for i := 1; i < len(out); i++ {
		if out[i].key == out[i-1].key {
			return nil, false
		}
	}
	return out, true
}

// name makes the key of the item.
func (it *item) name(n *node) bool {
	if n.merge == schema.Set {
		p, ok := partOf(n.element, it.value)
		return ok && it.nameByValue(p)
	}
	behind, x := follow(n.element, it.value)
	if !x.IsValid() || behind.form != structure {
		return false
	}
	it.parts = make([]part, len(n.keys))
	for i := range n.keys {
		var ok bool
		if it.parts[i], ok = n.keys[i].part(x); !ok {
			return false
		}
	}
	return it.nameByParts(n)
}

// nameByValue makes the key of an item of a set.
func (it *item) nameByValue(p part) bool {
	b, ok := p.append([]byte(`"v:`))
	it.parts, it.key = []part{p}, string(append(b, `":`...))
	return ok && p.kind != missing
}

// nameByParts makes the key of an item of a keyed list.
func (it *item) nameByParts(n *node) (ok bool) {
	b := append(make([]byte, 0, 64), `"k:{`...)
	for i, p := range it.parts {
		if b, ok = p.appendNamed(b, n.keys[i].name); !ok {
			return false
		}
	}
	it.key = string(append(b, `}":`...))
	return true
}

// appendNamed writes the part under its name, unless it is missing.
func (p part) appendNamed(b []byte, name string) ([]byte, bool) {
	if p.kind == missing {
		return b, true
	}
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(append(append(b, `\"`...), name...), `\":`...)
	return p.append(b)
}

// part is the value of a key field in an item, or its default.
func (k *keyField) part(s value) (part, bool) {
	x := k.of(s)
	if !x.absent() {
		return partOf(k.node, x)
	}
	p, _ := partOfJSON(k.fallback)
	return p, true
}

// partOfJSON is the part that a decoded JSON value makes; false when it makes none.
func partOfJSON(v any) (part, bool) {
	switch v := v.(type) {
	case string:
		return part{kind: text, text: v}, true
	case int64:
		return part{kind: number, number: v}, true
	case bool:
		return truth(v), true
	}
	return part{}, false
}

func truth(b bool) part {
	p := part{kind: boolean}
	if b {
		p.number = 1
	}
	return p
}

func partOf(n *node, x value) (part, bool) {
	n, x = follow(n, x)
	if !x.IsValid() || n.form != scalar {
		return part{}, false
	}
	switch n.kind {
	case schema.String:
		return part{kind: text, text: x.String()}, true
	case schema.Bool:
		return truth(x.Bool()), true
	case schema.Int32, schema.Int64:
		return part{kind: number, number: x.Int()}, true
	case schema.IntOrString:
		if p := inPlace[intstr.IntOrString](x.Value); p.Type == intstr.Int {
			return part{kind: number, number: int64(p.IntVal)}, true
		} else {
			return part{kind: text, text: p.StrVal}, true
		}
	}
	return part{}, false
}

// append writes the part as JSON inside of a JSON string.
func (p part) append(b []byte) ([]byte, bool) {
	switch p.kind {
	case number:
		return strconv.AppendInt(b, p.number, 10), true
	case boolean:
		return strconv.AppendBool(b, p.number == 1), true
	}
	if !plain(p.text) {
		return b, false
	}
	return append(append(append(b, `\"`...), p.text...), `\"`...), true
}

// plain reports whether JSON escapes nothing in a text, even in a string inside a string.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return true
}

func sameKinds(x, y []part) bool {
	for i := range x {
		if x[i].kind != y[i].kind {
			return false
		}
	}
	return true
}

func compareParts(x, y []part) int {
	for i := range x {
		if c := cmp.Or(cmp.Compare(x[i].number, y[i].number), cmp.Compare(x[i].text, y[i].text)); c != 0 {
			return c
		}
	}
	return 0
}

// entries are the keys of two maps with string keys, sorted and without duplicates.
func entries(x, y value) []string {
	var out []string
	for _, m := range []value{x, y} {
		if !m.IsValid() {
			continue
		}
		for _, k := range m.MapKeys() {
			out = append(out, k.String())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// entry is the value of a map under a key.
func entry(m value, key string) value {
	if !m.IsValid() {
		return value{}
	}
	if texts, ok := m.Interface().(map[string]string); ok {
		s, ok := texts[key]
		if !ok {
			return value{}
		}
		return value{Value: reflect.ValueOf(s)}
	}
	return value{Value: m.MapIndex(reflect.ValueOf(key).Convert(m.Type().Key()))}
}
