package codec

import (
	"errors"
	"fmt"
	"io"
)

// Wire types of protobuf.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireStart   = 3
	wireEnd     = 4
	wireFixed32 = 5
)

// maxDepth bounds the recursion of everything that walks messages. No kind needs a tenth of it.
const maxDepth = 1000

var (
	errVarint = errors.New("proto: integer overflow")
	errLength = errors.New("proto: negative length found during unmarshaling")
	errDepth  = errors.New("proto: message is nested too deeply")
)

// varint reads the integer that starts at i and returns the index behind it.
func varint(b []byte, i int) (v uint64, next int, err error) {
	if i < len(b) && b[i] < 0x80 {
		return uint64(b[i]), i + 1, nil
	}
	for shift := uint(0); ; shift += 7 {
		if shift >= 64 {
			return 0, 0, errVarint
		}
		if i >= len(b) {
			return 0, 0, io.ErrUnexpectedEOF
		}
		c := b[i]
		i++
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v, i, nil
		}
	}
}

// next reads the field whose tag starts at i. Its value is b[from:to]: the content of a length-delimited field, the
// integer's own bytes for a varint. The next tag is at to.
func next(b []byte, i int) (number uint64, wire int, from, to int, err error) {
	tag, i, err := varint(b, i)
	if err != nil {
		return 0, 0, 0, 0, err
	}
	// Upstream's decoders keep 32 bits of the number.
	number, wire = uint64(uint32(tag>>3)), int(tag&7)
	if int32(number) <= 0 && wire != wireEnd {
		return 0, 0, 0, 0, fmt.Errorf("proto: illegal tag %d (wire type %d)", int32(number), tag)
	}
	switch wire {
	case wireVarint:
		_, to, err = varint(b, i)
		return number, wire, i, to, err
	case wireBytes:
		n, i, err := varint(b, i)
		if err != nil {
			return 0, 0, 0, 0, err
		}
		if int64(n) < 0 {
			return 0, 0, 0, 0, errLength
		}
		if n > uint64(len(b)-i) {
			return 0, 0, 0, 0, io.ErrUnexpectedEOF
		}
		return number, wire, i, i + int(n), nil
	case wireFixed64:
		to = i + 8
	case wireFixed32:
		to = i + 4
	case wireStart:
		to, err = skipGroup(b, i)
		if err != nil {
			return 0, 0, 0, 0, err
		}
	case wireEnd:
		return 0, 0, 0, 0, errors.New("proto: wiretype end group for non-group")
	default:
		return 0, 0, 0, 0, fmt.Errorf("proto: illegal wireType %d", wire)
	}
	if to > len(b) {
		return 0, 0, 0, 0, io.ErrUnexpectedEOF
	}
	return number, wire, i, to, nil
}

// skipGroup returns the index behind the group whose content starts at i. Groups are a relic that no writer of ours
// uses; they are counted, not recursed into.
func skipGroup(b []byte, i int) (int, error) {
	for open := 1; open > 0; {
		tag, after, err := varint(b, i)
		if err != nil {
			return 0, err
		}
		switch tag & 7 {
		case wireStart:
			open, i = open+1, after
		case wireEnd:
			open, i = open-1, after
		default:
			if _, _, _, i, err = next(b, i); err != nil {
				return 0, err
			}
		}
	}
	return i, nil
}

// uvarint is varint for bytes that next has already checked.
func uvarint(b []byte) uint64 {
	v, _, _ := varint(b, 0)
	return v
}

// varintSize is the number of bytes that v takes.
func varintSize(v uint64) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}
