package fields

import (
	"bytes"
	"errors"
	"strings"

	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// Operations on encoded FieldsV1 in canonical form: objects of objects, keys sorted, no spaces. A key includes its quotes and
// colon: "f:name":. Clients can send encoded entries, so callers check isCanonical first.

// errUnreadable is the error for FieldsV1 that is not a field set.
var errUnreadable = errors.New("fieldsV1 cannot be read")

// maxCut is the maximum number of paths that are searched one by one; the cost is their number times the size of the entry.
const maxCut = 64

// paths are the members of an encoded set; false when there are more than maxCut.
func paths(encoded string) (out [][]string, few bool) {
	var path []string
	depth := 0
	for i := 0; i < len(encoded); {
		switch encoded[i] {
		case '{':
			depth++
			if i+1 < len(encoded) && encoded[i+1] == '}' && len(path) > 0 {
				out = append(out, append([]string(nil), path...))
			}
			i++
		case '}':
			if depth--; len(path) > 0 {
				path = path[:len(path)-1]
			}
			i++
		case '"':
			end := keyEnd(encoded, i)
			if key := encoded[i:end]; key == `".":` {
				out = append(out, append([]string(nil), path...))
				i = end + len(noFields)
				break
			} else {
				path = append(path, key)
			}
			i = end
		default:
			i++
		}
		if len(out) > maxCut {
			return nil, false
		}
	}
	return out, true
}

// keyEnd is the index after the colon of the key that begins at i.
func keyEnd(s string, i int) int {
	for i++; s[i] != '"'; i++ {
		if s[i] == '\\' {
			i++
		}
	}
	return i + 2
}

// valueEnd is the index after the object that begins at i.
func valueEnd(s string, i int) int {
	for depth := 0; ; i++ {
		switch s[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			i = keyEnd(s, i) - 2
		}
	}
}

// isCanonical reports whether text has the form that the functions here need to stay within its bounds. It does not check the
// order of keys, which the functions search.
func isCanonical(s string) bool {
	if !strings.HasPrefix(s, "{") {
		return false
	}
	depth := 0
	for i := 0; i < len(s); {
		switch {
		case s[i] == '{' && (i == 0 || s[i-1] == ':'):
			if i++; i < len(s) && s[i] != '"' && s[i] != '}' {
				return false
			}
			depth++
		case s[i] == '}' && depth > 0:
			if i, depth = i+1, depth-1; depth == 0 {
				return i == len(s)
			}
		case s[i] == ',' && s[i-1] == '}' && i+1 < len(s) && s[i+1] == '"':
			i++
		case s[i] == '"' && depth > 0 && (s[i-1] == '{' || s[i-1] == ','):
			begin := i
			for i++; i < len(s) && s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
			if i += 2; i >= len(s) || s[i-1] != ':' || s[i] != '{' {
				return false
			}
			// "." marks a value that is a member itself. It comes first and is empty; there is no "." for all fields.
			if s[begin:i] == `".":` && (s[begin-1] != '{' || begin == 1 || !strings.HasPrefix(s[i:], noFields)) {
				return false
			}
		default:
			return false
		}
	}
	return false
}

// find returns the text from the value of a key on; s begins with the object.
func find(s, key string) (string, bool) {
	for i := 1; s[i] == '"'; {
		end := keyEnd(s, i)
		if s[i:end] == key {
			return s[end:], true
		}
		if i = valueEnd(s, end); s[i] == ',' {
			i++
		}
	}
	return "", false
}

// holds reports whether the path is a member of the set.
func holds(s string, path []string) bool {
	for _, key := range path {
		var ok bool
		if s, ok = find(s, key); !ok {
			return false
		}
	}
	return strings.HasPrefix(s, noFields) || strings.HasPrefix(s, "{"+itself)
}

// holdsAny and holdsAll are holds for several paths.
func holdsAny(s string, all [][]string) bool {
	for _, p := range all {
		if holds(s, p) {
			return true
		}
	}
	return false
}

func holdsAll(s string, all [][]string) bool {
	for _, p := range all {
		if !holds(s, p) {
			return false
		}
	}
	return true
}

// cut removes a member from the set whose object begins at. It changes b and reports whether the object is empty now.
func cut(b []byte, at int, path []string) (_ []byte, empty bool) {
	rest, ok := find(string(b[at:]), path[0])
	if !ok {
		return b, false
	}
	content := len(b) - len(rest)
	switch {
	case len(path) > 1:
		if b, empty = cut(b, content, path[1:]); !empty {
			return b, false
		}
	case strings.HasPrefix(rest, "{"+itself+","):
		return append(b[:content+1], b[content+1+len(itself)+1:]...), false
	case !strings.HasPrefix(rest, noFields):
		return b, false
	}
	// The whole entry goes, with one comma.
	end := content + len(noFields)
	start := content - len(path[0])
	if b[end] == ',' {
		end++
	} else if b[start-1] == ',' {
		start--
	}
	b = append(b[:start], b[end:]...)
	if bytes.HasPrefix(b[at:], []byte(onlyItself)) {
		return append(b[:at+1], b[at+1+len(itself):]...), false
	}
	return b, bytes.HasPrefix(b[at:], []byte(noFields))
}

// without is the set without the members of lost. paths are those members unless they are more than maxCut. The result may be
// empty.
func without(encoded string, lost string, few [][]string) ([]byte, error) {
	if few != nil {
		if encoded == noFields {
			return nil, nil
		}
		if !holdsAny(encoded, few) {
			return []byte(encoded), nil
		}
		b := []byte(encoded)
		for _, p := range few {
			b, _ = cut(b, 0, p)
		}
		if string(b) == noFields {
			return nil, nil
		}
		return b, nil
	}
	s, err := decode(encoded)
	if err != nil {
		return nil, err
	}
	l, err := decode(lost)
	if err != nil {
		return nil, err
	}
	return encode(s.Difference(l))
}

// union is the union of two sets.
func union(x, y string) ([]byte, error) {
	switch {
	case x == noFields:
		return []byte(y), nil
	case y == noFields:
		return []byte(x), nil
	}
	a, err := decode(x)
	if err != nil {
		return nil, err
	}
	b, err := decode(y)
	if err != nil {
		return nil, err
	}
	return encode(a.Union(b))
}

func decode(encoded string) (*fieldpath.Set, error) {
	s := &fieldpath.Set{}
	if err := s.FromJSON(strings.NewReader(encoded)); err != nil {
		return nil, errors.Join(errUnreadable, err)
	}
	return s, nil
}

func encode(s *fieldpath.Set) ([]byte, error) {
	if s.Empty() {
		return nil, nil
	}
	return s.ToJSON()
}
