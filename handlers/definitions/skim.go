package definitions

import (
	"bytes"
	"errors"
)

// bulk are the members of a stored definition that a head has no use for: they are most of it.
var bulk = map[string]string{"openAPIV3Schema": "{}", "managedFields": "[]"}

var errSkim = errors.New("the stored definition is not a JSON object")

// skim is the text of a stored definition without its schemas and the owners of its fields, which are replaced by empty ones. It
// is found by counting brackets: what lies in the store was written by a server.
func skim(stored []byte) ([]byte, error) {
	if !bytes.HasPrefix(stored, []byte("{")) {
		return nil, errSkim
	}
	out := make([]byte, 0, min(len(stored), 4096))
	copied := 0
	for i := 0; i < len(stored); {
		if stored[i] != '"' {
			i++
			continue
		}
		end := textEnd(stored, i)
		if end < 0 {
			return nil, errSkim
		}
		name := stored[i+1 : end-1]
		i = end
		empty, found := bulk[string(name)]
		if !found || i >= len(stored) || stored[i] != ':' {
			continue
		}
		i++
		if end = valueEnd(stored, i); end < 0 {
			return nil, errSkim
		}
		if stored[i] != empty[0] {
			continue // a text or a number of that name
		}
		out = append(append(out, stored[copied:i]...), empty...)
		i, copied = end, end
	}
	return append(out, stored[copied:]...), nil
}

// textEnd is the index behind the string that begins at i; below 0 when it does not end.
func textEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		at := bytes.IndexByte(b[i:], '"')
		if at < 0 {
			return -1
		}
		i += at
		escapes := 0
		for escapes < i && b[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i + 1
		}
	}
	return -1
}

// valueEnd is the index behind the object, list or scalar that begins at i; below 0 when it does not end.
func valueEnd(b []byte, i int) int {
	for depth := 0; i < len(b); {
		switch b[i] {
		case '"':
			if i = textEnd(b, i); i < 0 {
				return -1
			}
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			depth--
			i++
		default:
			if i++; depth > 0 || i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' {
				continue
			}
		}
		if depth == 0 {
			return i
		}
	}
	return -1
}
