package codec

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/gatehouse-dev/gatehouse/gen/schema"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// value appends one value; b are its bytes.
func (t *transcoder) value(f *schema.Field, b []byte, how mode) (err error) {
	switch f.Kind {
	case schema.String:
		t.out = appendString(t.out, b)
	case schema.Struct:
		return t.message(f.Element(), b, how)
	case schema.Int64:
		t.out = strconv.AppendInt(t.out, int64(uvarint(b)), 10)
	case schema.Int32:
		t.out = strconv.AppendInt(t.out, int64(int32(uvarint(b))), 10)
	case schema.Bool:
		t.out = strconv.AppendBool(t.out, uvarint(b) != 0)
	case schema.Double:
		t.out, err = appendFloat(t.out, math.Float64frombits(fixed64(b)))
	case schema.Bytes:
		t.out = append(t.out, '"')
		t.out = base64.StdEncoding.AppendEncode(t.out, b)
		t.out = append(t.out, '"')
	case schema.Quantity:
		return t.quantity(b)
	case schema.IntOrString:
		return t.intOrString(b)
	case schema.Time, schema.MicroTime:
		return t.time(f.Kind, b)
	case schema.Raw, schema.FieldsV1, schema.AnyJSON:
		return t.raw(b)
	case schema.Strings:
		return t.strings(b, 1)
	default:
		return t.union(f.Kind, b)
	}
	return err
}

func fixed64(b []byte) uint64 {
	if len(b) < 8 {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}

// single finds the one length-delimited field of a message that wraps a string or bytes.
func single(b []byte) (content []byte, err error) {
	for i := 0; i < len(b); {
		number, wire, from, to, err := next(b, i)
		if err != nil {
			return nil, err
		}
		if number == 1 {
			if wire != wireBytes {
				return nil, fmt.Errorf("proto: wrong wireType = %d in a wrapped value", wire)
			}
			content = b[from:to]
		}
		i = to
	}
	return content, nil
}

// raw appends JSON that is kept as bytes.
func (t *transcoder) raw(b []byte) error {
	content, err := single(b)
	if err != nil {
		return err
	}
	if len(content) == 0 {
		t.out = append(t.out, "null"...)
		return nil
	}
	t.out, err = appendCompact(t.out, content)
	return err
}

func (t *transcoder) strings(b []byte, wanted uint64) error {
	open := byte('[')
	for i := 0; i < len(b); {
		number, wire, from, to, err := next(b, i)
		if err != nil {
			return err
		}
		if number == wanted && wire == wireBytes {
			t.out = append(t.out, open)
			open = ','
			t.out = appendString(t.out, b[from:to])
		}
		i = to
	}
	if open == '[' {
		t.out = append(t.out, '[')
	}
	t.out = append(t.out, ']')
	return nil
}

// quantity appends the canonical form; upstream stores it so, others may not.
func (t *transcoder) quantity(b []byte) error {
	s, err := single(b)
	switch {
	case err != nil:
		return err
	case len(b) == 0:
		t.out = append(t.out, `"0"`...)
		return nil
	case canonicalQuantity(s):
		t.out = append(append(append(t.out, '"'), s...), '"')
		return nil
	}
	if object.CheckQuantity(string(s)) != nil {
		// Another server took it, and every list that it is in must be shown.
		t.out = appendString(t.out, string(s))
		return nil
	}
	q, err := object.ParseQuantity(string(s))
	if err != nil {
		return err
	}
	t.out = appendString(t.out, q.String())
	return nil
}

// canonicalQuantity says whether s surely is the canonical form: an integer that its suffix could not shorten. A no
// only means that s must be parsed.
func canonicalQuantity(s []byte) bool {
	n, i := 0, 0
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		if i == 9 {
			return false
		}
		n = n*10 + int(s[i]-'0')
	}
	if i == 0 || s[0] == '0' {
		return len(s) == 1 && i == 1
	}
	switch suffix := s[i:]; len(suffix) {
	case 0:
		return n%1000 != 0
	case 1:
		switch suffix[0] {
		case 'm', 'k', 'M', 'G', 'T', 'n', 'u':
			return n%1000 != 0
		}
	case 2:
		switch suffix[0] {
		case 'K', 'M', 'G', 'T':
			return suffix[1] == 'i' && n%1024 != 0 && n < 1<<20
		}
	}
	return false
}

func (t *transcoder) intOrString(b []byte) error {
	var kind, number uint64
	var text []byte
	for i := 0; i < len(b); {
		n, wire, from, to, err := next(b, i)
		if err != nil {
			return err
		}
		if n <= 3 && (wire == wireBytes) != (n == 3) {
			return fmt.Errorf("proto: wrong wireType = %d in an IntOrString", wire)
		}
		switch n {
		case 1:
			kind = uvarint(b[from:to])
		case 2:
			number = uvarint(b[from:to])
		case 3:
			text = b[from:to]
		}
		i = to
	}
	switch kind {
	case 0:
		t.out = strconv.AppendInt(t.out, int64(int32(number)), 10)
	case 1:
		t.out = appendString(t.out, text)
	default:
		return fmt.Errorf("impossible IntOrString.Type")
	}
	return nil
}

// timestamp reads the message of both kinds of time. Upstream drops what JSON cannot show.
func timestamp(kind schema.Kind, b []byte) (time.Time, error) {
	var seconds, nanos uint64
	for i := 0; i < len(b); {
		n, wire, from, to, err := next(b, i)
		if err != nil {
			return time.Time{}, err
		}
		if n <= 2 && wire != wireVarint {
			return time.Time{}, fmt.Errorf("proto: wrong wireType = %d for field %s", wire, [...]string{"", "Seconds", "Nanos"}[n])
		}
		switch n {
		case 1:
			seconds = uvarint(b[from:to])
		case 2:
			nanos = uvarint(b[from:to])
		}
		i = to
	}
	if len(b) == 0 {
		return time.Time{}, nil
	}
	if kind == schema.Time {
		return time.Unix(int64(seconds), 0), nil
	}
	return time.Unix(int64(seconds), int64(time.Duration(int32(nanos)).Truncate(time.Microsecond))), nil
}

func isZeroTime(kind schema.Kind, b []byte) bool {
	at, err := timestamp(kind, b)
	return err == nil && at.IsZero()
}

func (t *transcoder) time(kind schema.Kind, b []byte) error {
	at, err := timestamp(kind, b)
	if err != nil {
		return err
	}
	if at.IsZero() {
		t.out = append(t.out, "null"...)
		return nil
	}
	t.out = append(t.out, '"')
	if kind == schema.Time {
		t.out = at.UTC().AppendFormat(t.out, time.RFC3339)
	} else {
		t.out = at.UTC().AppendFormat(t.out, "2006-01-02T15:04:05.000000Z07:00")
	}
	t.out = append(t.out, '"')
	return nil
}
