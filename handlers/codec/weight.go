package codec

import (
	"bytes"
	"encoding/json"
	"reflect"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// An empty container takes two letters of JSON and hundreds of bytes as a struct or a map. Objects that anybody means take
// two or three times their text; a body that is made to fill the memory is refused before it is decoded.
const (
	minWeight = 32 << 20
	perByte   = 10
	// lightText is the length of texts that cannot take minWeight, with any content.
	lightText = 64 << 10
)

// Sizes of Go's values, as far as they are not those of types.
const (
	wordSize  = 8
	anySize   = 2 * wordSize
	sliceSize = 3 * wordSize
	mapSize   = 6 * wordSize
	// A map takes room for fewEntries with its first; with more of them each takes about twice its size.
	fewEntries = 8
)

// maxWeight is how much the text of a body may take once it is decoded.
func maxWeight(text []byte) int { return max(minWeight, perByte*len(text)) }

// CheckWeight refuses JSON that would take too much memory as the value that into points to. It allocates next to nothing. What
// else is wrong with the text is left to its decoder.
func CheckWeight(text []byte, into any) error {
	if len(text) < lightText {
		return nil
	}
	t := reflect.TypeOf(into)
	if _, ok := into.(runtime.Unstructured); ok {
		t = reflect.TypeFor[map[string]any]()
	} else if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	w := weigher{text: text, left: maxWeight(text), whole: map[reflect.Type]bool{}}
	w.value(t)
	if w.left < 0 {
		return errBudget
	}
	return nil
}

// weigher walks through JSON beside the types that it will be read into. Its methods return false to end the walk: the text is
// too heavy, or no JSON.
type weigher struct {
	text []byte
	i    int
	left int
	// depth is that of nested containers, which decoders bound.
	depth int
	// whole are the types that read their text themselves, once they were looked at.
	whole map[reflect.Type]bool
}

func (w *weigher) spend(n int) bool {
	w.left -= n
	return w.left >= 0
}

// value weighs the value at w.i, without the memory that its holder has for it. t is nil where the decoder drops it.
func (w *weigher) value(t reflect.Type) bool {
	if w.i = skipSpace(w.text, w.i); w.i >= len(w.text) {
		return false
	}
	c := w.text[w.i]
	for t != nil && t.Kind() == reflect.Pointer {
		if t = t.Elem(); c != 'n' && !w.spend(int(t.Size())) {
			return false
		}
	}
	from := w.i
	if t == nil || c != '{' && c != '[' || w.readsItself(t) {
		end, err := skipValue(w.text, w.i)
		if err != nil || end == from {
			return false
		}
		w.i = end
		switch {
		case t == nil || c == 'n' || c == 't' || c == 'f':
			return true
		case c == '{' || c == '[':
			return w.spend(end - from)
		case c == '"':
			return w.spend(end - from + wordSize)
		}
		return w.spend(wordSize)
	}
	if w.depth++; w.depth > maxJSONDepth {
		return false
	}
	defer func() { w.depth-- }()
	if c == '{' {
		return w.object(t)
	}
	return w.array(t)
}

func (w *weigher) array(t reflect.Type) bool {
	var element reflect.Type
	size := 0
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		element, size = t.Elem(), int(t.Elem().Size())
	case reflect.Interface:
		element, size = t, anySize
		if !w.spend(sliceSize) {
			return false
		}
	}
	for w.i++; ; {
		if w.i = skipSpace(w.text, w.i); w.i >= len(w.text) {
			return false
		}
		switch w.text[w.i] {
		case ']':
			w.i++
			return true
		case ',':
			w.i++
			continue
		}
		if !w.spend(size) || !w.value(element) {
			return false
		}
	}
}

func (w *weigher) object(t reflect.Type) bool {
	var fields map[string]reflect.Type
	entry, n := 0, 0
	var element reflect.Type
	switch t.Kind() {
	case reflect.Struct:
		fields = object.Members(t)
	case reflect.Map:
		element, entry = t.Elem(), int(t.Key().Size()+t.Elem().Size())
	case reflect.Interface:
		element, entry = t, 2*wordSize+anySize
	}
	if entry > 0 && !w.spend(mapSize) {
		return false
	}
	for w.i++; ; {
		if w.i = skipSpace(w.text, w.i); w.i >= len(w.text) {
			return false
		}
		switch w.text[w.i] {
		case '}':
			w.i++
			return true
		case ',':
			w.i++
			continue
		}
		key, ok := w.key()
		if !ok {
			return false
		}
		if fields != nil {
			element = fields[string(key)] // which makes no string
		}
		if n++; entry > 0 {
			cost := 2 * entry
			switch {
			case n == 1:
				cost = fewEntries * (entry + 1)
			case n <= fewEntries:
				cost = 0
			}
			if !w.spend(cost + len(key)) {
				return false
			}
		}
		if !w.value(element) {
			return false
		}
	}
}

// key reads a name and the colon behind it.
func (w *weigher) key() ([]byte, bool) {
	from := w.i
	end, err := skipString(w.text, from)
	if err != nil {
		return nil, false
	}
	key := w.text[from+1 : end-1]
	if bytes.IndexByte(key, '\\') >= 0 {
		var plain string
		if json.Unmarshal(w.text[from:end], &plain) != nil {
			return nil, false
		}
		key = []byte(plain)
	}
	if w.i = skipSpace(w.text, end); w.i >= len(w.text) || w.text[w.i] != ':' {
		return nil, false
	}
	w.i++
	return key, true
}

// readsItself says whether a type decodes its text by a method: quantities, times, raw JSON.
func (w *weigher) readsItself(t reflect.Type) bool {
	known, found := w.whole[t]
	if !found {
		known = t.Kind() != reflect.Interface && reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]())
		w.whole[t] = known
	}
	return known
}

// CountElements is how many elements the list in a JSON text has, without decoding it; 0 when it is no list.
func CountElements(text []byte) (n int) {
	i := skipSpace(text, 0)
	if i >= len(text) || text[i] != '[' {
		return 0
	}
	for i = skipSpace(text, i+1); i < len(text) && text[i] != ']'; i = skipSpace(text, i) {
		if text[i] == ',' {
			i++
			continue
		}
		end, err := skipValue(text, i)
		if err != nil || end == i {
			return n
		}
		n++
		i = end
	}
	return n
}
