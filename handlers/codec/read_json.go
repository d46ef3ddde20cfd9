package codec

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	kjson "sigs.k8s.io/json"

	"github.com/gatehouse-dev/gatehouse/gen/schema"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// UnmarshalJSON fills o, which must be empty, from JSON as upstream does: names are case-sensitive, integers stay
// integers, unknown fields are dropped.
func UnmarshalJSON(data []byte, o runtime.Object) error {
	if readJSON(data, o) {
		return nil
	}
	return unmarshal(data, o)
}

// unmarshal reads JSON into any value.
func unmarshal(data []byte, v any) error {
	if err := object.CheckQuantities(data, v); err != nil {
		return err
	}
	return kjson.UnmarshalCaseSensitivePreserveInts(data, v)
}

// unmarshalStrict is unmarshal that also tells of unknown and repeated fields.
func unmarshalStrict(data []byte, v any) (strict []error, err error) {
	if err := object.CheckQuantities(data, v); err != nil {
		return nil, err
	}
	return kjson.UnmarshalStrict(data, v)
}

// readJSON fills o when the text has nothing unusual: no faults, no unknown or repeated fields, nothing that must be
// reported or converted. Otherwise it leaves o empty, and the caller reads the text with the standard decoder,
// which says what is wrong. It is several times faster than that.
func readJSON(data []byte, o any) bool {
	p, v, err := planOf(o)
	if err != nil {
		return false
	}
	r := reader{compactor: compactor{src: data}}
	r.space()
	if r.object(p, v) {
		if r.space(); r.i == len(data) {
			return true
		}
	}
	v.SetZero()
	return false
}

// reader moves through JSON. Its methods return false for anything unusual.
type reader struct {
	compactor
	depth int
}

// space skips white space; there is nothing to copy.
func (r *reader) space() {
	for r.i < len(r.src) && (r.src[r.i] == ' ' || r.src[r.i] == '\n' || r.src[r.i] == '\t' || r.src[r.i] == '\r') {
		r.i++
	}
}

// more steps over a comma and returns true, or over the closing bracket.
func (r *reader) more(end byte) (more, ok bool) {
	r.space()
	switch r.next() {
	case ',':
		r.i++
		r.space()
		return true, true
	case end:
		r.i++
		return false, true
	}
	return false, false
}

// open steps over the opening bracket and, when nothing follows, the closing one.
func (r *reader) open(bracket byte) (empty, ok bool) {
	if r.next() != bracket {
		return false, false
	}
	r.i++
	r.space()
	if r.next() == bracket+2 {
		r.i++
		return true, true
	}
	return false, true
}

// key reads the name of a field, without escapes, up to its value.
func (r *reader) key() ([]byte, bool) {
	from := r.i + 1
	if !r.plainString() {
		return nil, false
	}
	return r.src[from : r.i-1], r.colon()
}

func (r *reader) colon() bool {
	r.space()
	if r.next() != ':' {
		return false
	}
	r.i++
	r.space()
	return true
}

// plainString steps over a string of ASCII without escapes.
func (r *reader) plainString() bool {
	if r.next() != '"' {
		return false
	}
	for r.i++; r.i < len(r.src); r.i++ {
		switch c := r.src[r.i]; {
		case c == '"':
			r.i++
			return true
		case c < 0x20 || c >= utf8.RuneSelf || c == '\\':
			return false
		}
	}
	return false
}

// text reads any string.
func (r *reader) text() (string, bool) {
	from := r.i
	if r.plainString() {
		return string(r.src[from+1 : r.i-1]), true
	}
	raw, ok := r.raw(from)
	if !ok || raw[0] != '"' || !utf8.Valid(raw) {
		return "", false
	}
	var s string
	return s, json.Unmarshal(raw, &s) == nil
}

// raw is the text of the value that starts at from, checked.
func (r *reader) raw(from int) ([]byte, bool) {
	r.i = from
	c := compactor{src: r.src, i: from, start: from}
	if !c.value(r.depth) {
		return nil, false
	}
	r.i = c.i
	return r.src[from:c.i], true
}

func (r *reader) object(p *plan, v reflect.Value) bool {
	if r.depth++; r.depth >= maxDepth {
		return false
	}
	empty, ok := r.open('{')
	var seen [2]uint64
	for more := !empty; ok && more; {
		var name []byte
		if name, ok = r.key(); !ok {
			return false
		}
		n, known := p.byName[string(name)]
		if !known || n >= 128 || seen[n/64]&(1<<(n%64)) != 0 {
			return false
		}
		seen[n/64] |= 1 << (n % 64)
		f := &p.fields[n]
		switch {
		case f.index < 0:
			var s string
			if s, ok = r.text(); ok {
				ok = setType(v, f.Name, s)
			}
		default:
			ok = r.field(f, v.Field(f.index))
		}
		if ok {
			more, ok = r.more('}')
		}
	}
	r.depth--
	return ok
}

// setType sets the kind or apiVersion of an object.
func setType(v reflect.Value, name, s string) bool {
	meta := v.FieldByName("TypeMeta")
	if !meta.IsValid() {
		return false
	}
	if name == "kind" {
		meta.FieldByName("Kind").SetString(s)
	} else {
		meta.FieldByName("APIVersion").SetString(s)
	}
	return true
}

func (r *reader) field(f *planField, v reflect.Value) bool {
	if r.next() == 'n' && !f.keepsNull() {
		return r.word("null")
	}
	switch {
	case f.isMap():
		return r.entries(f, v)
	case f.isList():
		return r.list(f, v)
	case v.Kind() == reflect.Pointer:
		e := reflect.New(v.Type().Elem())
		v.Set(e)
		v = e.Elem()
	}
	return r.scalar(f, v)
}

// keepsNull says whether a null is a value of the field's own: raw JSON has it, and unions refuse it.
func (f *planField) keepsNull() bool {
	return f.Kind >= schema.AnyJSON && f.Flags&(schema.Pointer|schema.Repeated|schema.Map) == 0
}

func (r *reader) list(f *planField, v reflect.Value) bool {
	empty, ok := r.open('[')
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for more := !empty; ok && more; {
		if v.Len() == v.Cap() {
			v.Grow(few(v))
		}
		if ok = r.next() != 'n' && r.scalar(f, extend(v)); ok {
			more, ok = r.more(']')
		}
	}
	return ok
}

// few is how many elements a list that has no room gets room for: small ones seldom come alone.
func few(list reflect.Value) int {
	const room = 256
	return max(1, room/max(1, int(list.Type().Elem().Size())))
}

func (r *reader) entries(f *planField, v reflect.Value) bool {
	empty, ok := r.open('{')
	v.Set(reflect.MakeMap(v.Type()))
	texts, _ := v.Interface().(map[string]string)
	for more := !empty; ok && more; {
		key, found := r.text()
		if !found || !r.colon() || r.next() == 'n' {
			return false
		}
		if texts != nil {
			if _, twice := texts[key]; twice {
				return false
			}
			if texts[key], ok = r.text(); !ok {
				return false
			}
		} else {
			k := reflect.ValueOf(key).Convert(v.Type().Key())
			e := reflect.New(v.Type().Elem()).Elem()
			if v.MapIndex(k).IsValid() || !r.scalar(f, e) {
				return false
			}
			v.SetMapIndex(k, e)
		}
		more, ok = r.more('}')
	}
	return ok
}

// scalar reads one value that is not null.
func (r *reader) scalar(f *planField, v reflect.Value) bool {
	from := r.i
	switch f.Kind {
	case schema.Struct:
		return r.object(f.element, v)
	case schema.String:
		s, ok := r.text()
		v.SetString(s)
		return ok
	case schema.Bool:
		v.SetBool(r.next() == 't')
		return r.word("true") || r.word("false")
	case schema.Int32, schema.Int64:
		if !r.number() {
			return false
		}
		n, err := strconv.ParseInt(string(r.src[from:r.i]), 10, 64)
		if err != nil || v.OverflowInt(n) {
			return false
		}
		v.SetInt(n)
		return true
	case schema.Double:
		if !r.number() {
			return false
		}
		x, err := strconv.ParseFloat(string(r.src[from:r.i]), 64)
		v.SetFloat(x)
		return err == nil
	case schema.Bytes:
		s, ok := r.text()
		if !ok || strings.ContainsAny(s, "\r\n") {
			return false
		}
		b, err := base64.StdEncoding.DecodeString(s)
		v.SetBytes(b)
		return err == nil
	case schema.Strings:
		return r.strings(v)
	}
	raw, ok := r.raw(from)
	if !ok {
		return false
	}
	if m, isRaw := v.Addr().Interface().(*json.RawMessage); isRaw {
		*m = slices.Clone(raw)
		return true
	}
	if q, isQuantity := v.Addr().Interface().(*resource.Quantity); isQuantity {
		return readQuantity(raw, q)
	}
	u, ok := v.Addr().Interface().(json.Unmarshaler)
	return ok && u.UnmarshalJSON(raw) == nil
}

// readQuantity reads one that is neither null nor written with escapes.
func readQuantity(raw []byte, q *resource.Quantity) bool {
	if text, quoted := bytes.CutPrefix(raw, []byte{'"'}); quoted {
		raw = text[:len(text)-1]
	}
	if bytes.IndexByte(raw, '\\') >= 0 {
		return false
	}
	parsed, err := object.ParseQuantity(string(bytes.TrimSpace(raw)))
	if err == nil {
		*q = parsed
	}
	return err == nil
}

func (r *reader) strings(v reflect.Value) bool {
	empty, ok := r.open('[')
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for more := !empty; ok && more; {
		var s string
		if s, ok = r.text(); ok {
			extend(v).SetString(s)
			more, ok = r.more(']')
		}
	}
	return ok
}
