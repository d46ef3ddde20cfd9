package object

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/resource"
)

// Quantities are of any size to the library, which makes integers of them: comparing 1e10000000 with 1 takes minutes, and
// of 1e2147483648 it does not even end. No quantity that means something comes near these bounds.
const (
	maxExponent  = 1000
	longQuantity = 1000 // bytes
)

// ParseQuantity is resource.ParseQuantity for texts that come from clients or out of the store.
func ParseQuantity(s string) (resource.Quantity, error) {
	if err := CheckQuantity(s); err != nil {
		return resource.Quantity{}, err
	}
	return resource.ParseQuantity(s)
}

// CheckQuantity refuses what the library would need too long for, with the library's own errors.
func CheckQuantity(s string) error {
	if len(s) > longQuantity {
		return resource.ErrNumeric
	}
	// Of the suffixes only an exponent has digits.
	if i := strings.LastIndexAny(s, "eE"); i >= 0 {
		if n, err := strconv.ParseInt(s[i+1:], 10, 64); err == nil && (n < -maxExponent || n > maxExponent) {
			return resource.ErrSuffix
		}
	}
	return nil
}

var (
	quantities      = reflect.TypeFor[resource.Quantity]()
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
)

// CheckQuantities refuses JSON in which a field of type Quantity has a value that ParseQuantity would refuse. It is called
// before a decoder of the library reads the text into the value that into points to. What else is wrong with the text is
// left to that decoder.
func CheckQuantities(text []byte, into any) error {
	t := reflect.TypeOf(into)
	if t == nil || !suspicious(text) {
		return nil
	}
	w := quantityWalk{d: json.NewDecoder(bytes.NewReader(text))}
	w.d.UseNumber()
	w.value(t, 0)
	return w.found
}

// suspicious says whether there may be such a value at all: a word that begins as a number and has an exponent of four
// digits or is very long. It spares almost every text the walk. The library does not undo the escapes of a quantity.
func suspicious(text []byte) bool {
	const other, boundary, mantissa, exponent = 0, 1, 2, 3
	state, n := boundary, 0
	for _, c := range text {
		n++
		switch {
		case c >= '0' && c <= '9' || c == '.' || c == '+' || c == '-':
			if state == boundary {
				state, n = mantissa, 0
			}
		case (c == 'e' || c == 'E') && state == mantissa:
			state, n = exponent, 0
		case strings.IndexByte(boundaries, c) >= 0:
			state = boundary
		default:
			state = other
		}
		if state == exponent && n >= 4 || state == mantissa && n >= longQuantity {
			return true
		}
	}
	return false
}

// boundaries are what stands before a word of JSON.
const boundaries = "\"[{:, \t\r\n"

// quantityWalk follows a text and the types that it will be read into. Every occurrence of a repeated field counts, as the
// decoder reads each.
type quantityWalk struct {
	d     *json.Decoder
	found error
}

// deepestJSON is how deep the decoder itself goes.
const deepestJSON = 10000

// value reads one value of type t, which is nil where quantities cannot be. It returns false to end the walk.
func (w *quantityWalk) value(t reflect.Type, depth int) bool {
	token, err := w.d.Token()
	if err != nil || depth > deepestJSON {
		return false
	}
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch x := token.(type) {
	case json.Delim:
		return w.children(x, t, depth+1)
	case json.Number:
		w.check(t, x.String())
	case string:
		w.check(t, x)
	}
	return w.found == nil
}

func (w *quantityWalk) check(t reflect.Type, s string) {
	if t == quantities {
		w.found = CheckQuantity(strings.TrimSpace(s))
	}
}

// children reads what follows an opening bracket, up to the closing one.
func (w *quantityWalk) children(bracket json.Delim, t reflect.Type, depth int) bool {
	if t != nil && reflect.PointerTo(t).Implements(jsonUnmarshaler) {
		t = nil
	}
	for w.d.More() {
		var inner reflect.Type
		switch {
		case bracket == '{':
			name, err := w.d.Token()
			if err != nil {
				return false
			}
			key, _ := name.(string)
			inner = member(t, key)
		case t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array):
			inner = t.Elem()
		}
		if !w.value(inner, depth) {
			return false
		}
	}
	_, err := w.d.Token()
	return err == nil
}

// member is the type of a field of a struct, or of a map's values.
func member(t reflect.Type, name string) reflect.Type {
	switch {
	case t == nil:
	case t.Kind() == reflect.Map:
		return t.Elem()
	case t.Kind() == reflect.Struct:
		fields := Members(t)
		if inner, ok := fields[name]; ok {
			return inner
		}
		// Some decoders do not look at the case.
		return fields[strings.ToLower(name)]
	}
	return nil
}

var members sync.Map // reflect.Type -> map[string]reflect.Type

// Members are the types of a struct's fields by their JSON names, also in lower case. The answer is kept per type.
func Members(t reflect.Type) map[string]reflect.Type {
	if known, ok := members.Load(t); ok {
		return known.(map[string]reflect.Type)
	}
	out := map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		name := JSONName(f)
		if f.Anonymous && name == "" {
			inner := f.Type
			for inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct {
				for k, v := range Members(inner) {
					if out[k] == nil {
						out[k] = v
					}
				}
			}
			continue
		}
		if name == "" {
			name = f.Name
		}
		out[name] = f.Type
		if lower := strings.ToLower(name); out[lower] == nil {
			out[lower] = f.Type
		}
	}
	members.Store(t, out)
	return out
}
