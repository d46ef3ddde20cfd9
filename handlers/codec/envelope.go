package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// magic opens every stored built-in object; after it comes the envelope, a message with the object's apiVersion and
// kind and its bytes.
var magic = []byte{'k', '8', 's', 0}

// Numbers of the envelope's fields.
const (
	envelopeType = 1
	envelopeRaw  = 2

	typeAPIVersion = 1
	typeKind       = 2
)

// envelope is an object's bytes with what the envelope around them says; all parts alias the input.
type envelope struct {
	apiVersion, kind []byte
	raw              []byte
	// rawTag and rawEnd delimit the field that holds raw in the input, its tag included; both 0 when there is none.
	rawTag, rawEnd int
}

// IsProtobuf says whether b starts like an enveloped protobuf object.
func IsProtobuf(b []byte) bool { return bytes.HasPrefix(b, magic) }

// openEnvelope finds the parts of an enveloped object. It fails in the words of upstream's decoder.
func openEnvelope(b []byte) (e envelope, err error) {
	switch {
	case len(b) == 0:
		return e, errors.New("empty data")
	case !bytes.HasPrefix(b, magic):
		return e, fmt.Errorf("provided data does not appear to be a protobuf message, expected prefix %v", magic)
	case len(b) == len(magic):
		return e, errors.New("empty body")
	}
	for i := len(magic); i < len(b); {
		number, wire, from, to, err := next(b, i)
		if err != nil {
			return e, err
		}
		if (number == envelopeType || number == envelopeRaw) && wire != wireBytes {
			return e, fmt.Errorf("proto: wrong wireType = %d for field %s", wire, [...]string{"", "TypeMeta", "Raw"}[number])
		}
		switch number {
		case envelopeType:
			if err := e.readType(b[from:to]); err != nil {
				return e, err
			}
		case envelopeRaw:
			e.raw, e.rawTag, e.rawEnd = b[from:to], i, to
		}
		i = to
	}
	return e, nil
}

func (e *envelope) readType(b []byte) error {
	for i := 0; i < len(b); {
		number, wire, from, to, err := next(b, i)
		if err != nil {
			return err
		}
		if (number == typeAPIVersion || number == typeKind) && wire != wireBytes {
			return fmt.Errorf("proto: wrong wireType = %d for field %s", wire, [...]string{"", "APIVersion", "Kind"}[number])
		}
		switch number {
		case typeAPIVersion:
			e.apiVersion = b[from:to]
		case typeKind:
			e.kind = b[from:to]
		}
		i = to
	}
	return nil
}

// appendEnvelope appends what comes before n bytes of an object's message: behind them belongs envelopeTail.
func appendEnvelope(dst []byte, apiVersion, kind string, n int) []byte {
	dst = append(dst, magic...)
	dst = append(dst, envelopeType<<3|wireBytes)
	dst = binary.AppendUvarint(dst, uint64(2+varintSize(uint64(len(apiVersion)))+len(apiVersion)+varintSize(uint64(len(kind)))+len(kind)))
	dst = appendStringField(dst, typeAPIVersion, apiVersion)
	dst = appendStringField(dst, typeKind, kind)
	dst = append(dst, envelopeRaw<<3|wireBytes)
	return binary.AppendUvarint(dst, uint64(n))
}

// envelopeTail are the envelope's empty contentEncoding and contentType, which upstream always writes.
const envelopeTail = "\x1a\x00\x22\x00"

func appendStringField(dst []byte, number int, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(number)<<3|wireBytes)
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}
