package codec

import (
	"encoding/json"
	"errors"
	"strings"
)

var errScan = errors.New("stored JSON is not an object with metadata")

// skipSpace returns the index of the next byte that is no white space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the index behind the string that starts at i.
func skipString(b []byte, i int) (int, error) {
	if i >= len(b) || b[i] != '"' {
		return 0, errScan
	}
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1, nil
		}
	}
	return 0, errScan
}

// skipValue returns the index behind the value that starts at i. It counts brackets and does not check the grammar: what is
// scanned was written by this server, or checked before.
func skipValue(b []byte, i int) (_ int, err error) {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			if i, err = skipString(b, i); err != nil {
				return 0, err
			}
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth == 0 {
				return i, nil // the end of what surrounds a number or a word
			}
			depth--
			i++
		case ',':
			if depth == 0 {
				return i, nil
			}
			i++
			continue
		default:
			i++
			continue
		}
		if depth == 0 {
			return i, nil
		}
	}
	return 0, errScan
}

// member is one key of an object, and where it and its value are in the input.
type member struct {
	key string
	// from is where the key starts, value and to delimit its value.
	from, value, to int
}

// members calls f for each member of the object that starts at i, until it returns false.
func members(b []byte, i int, f func(member) bool) error {
	_, err := walk(b, i, func(m member) (_ int, err error) {
		if m.to, err = skipValue(b, m.value); err == nil && !f(m) {
			err = errStop
		}
		return m.to, err
	})
	if err == errStop {
		return nil
	}
	return err
}

// errStop ends a walk early.
var errStop = errors.New("that is enough")

// walk calls f for each member of the object that starts at i; f returns the index behind the member's value, which walk
// itself does not look at. So a caller that descends into values reads every byte once. It returns the index behind the object.
func walk(b []byte, i int, f func(member) (int, error)) (int, error) {
	if i = skipSpace(b, i); i >= len(b) || b[i] != '{' {
		return 0, errScan
	}
	i = skipSpace(b, i+1)
	for i < len(b) && b[i] != '}' {
		m := member{from: i}
		end, err := skipString(b, i)
		if err != nil {
			return 0, err
		}
		if m.key = string(b[i+1 : end-1]); strings.IndexByte(m.key, '\\') >= 0 {
			if err := json.Unmarshal(b[i:end], &m.key); err != nil {
				return 0, errScan
			}
		}
		if i = skipSpace(b, end); i >= len(b) || b[i] != ':' {
			return 0, errScan
		}
		if m.value = skipSpace(b, i+1); m.value >= len(b) {
			return 0, errScan
		}
		if m.to, err = f(m); err != nil {
			return 0, err
		}
		if i = skipSpace(b, m.to); i < len(b) && b[i] == ',' {
			i = skipSpace(b, i+1)
		} else if i >= len(b) || b[i] != '}' {
			return 0, errScan
		}
	}
	if i >= len(b) {
		return 0, errScan
	}
	return i + 1, nil
}
