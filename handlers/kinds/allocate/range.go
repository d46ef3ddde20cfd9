package allocate

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// rangeAllocation is the stored form of a bitmap over a range. It is an object of the core group that is never served:
// the envelope of all stored objects around { metadata = 1; range = 2; data = 3 }.
type rangeAllocation struct {
	// meta is the encoded metadata.
	meta []byte
	text string
	// data is the bitmap as a big-endian number.
	data []byte
}

var magic = []byte("k8s\x00")

var errNoRange = errors.New("not a stored RangeAllocation")

func decodeRange(stored []byte) (*rangeAllocation, error) {
	if !bytes.HasPrefix(stored, magic) {
		return nil, errNoRange
	}
	r := &rangeAllocation{}
	var raw []byte
	if err := fieldsOf(stored[len(magic):], map[protowire.Number]*[]byte{2: &raw}); err != nil {
		return nil, err
	}
	var text []byte
	if err := fieldsOf(raw, map[protowire.Number]*[]byte{1: &r.meta, 2: &text, 3: &r.data}); err != nil {
		return nil, err
	}
	r.text = string(text)
	return r, nil
}

// fieldsOf finds the wanted length-delimited fields of a message.
func fieldsOf(b []byte, want map[protowire.Number]*[]byte) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("%w: %w", errNoRange, protowire.ParseError(n))
		}
		b = b[n:]
		if typ == protowire.BytesType && want[num] != nil {
			v, n := protowire.ConsumeBytes(b)
			if n < 0 {
				return fmt.Errorf("%w: %w", errNoRange, protowire.ParseError(n))
			}
			*want[num], b = bytes.Clone(v), b[n:]
			continue
		}
		if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
			return fmt.Errorf("%w: %w", errNoRange, protowire.ParseError(n))
		}
		b = b[n:]
	}
	return nil
}

func (r *rangeAllocation) encode() []byte {
	add := func(b []byte, num protowire.Number, v []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), v)
	}
	raw := add(nil, 1, r.meta)
	raw = add(raw, 2, []byte(r.text))
	raw = add(raw, 3, r.data)
	kind := add(nil, 1, []byte("v1"))
	kind = add(kind, 2, []byte("RangeAllocation"))
	out := add(bytes.Clone(magic), 1, kind)
	out = add(out, 2, raw)
	out = add(out, 3, nil)
	return add(out, 4, nil)
}

// rebase moves the bits to another range; those outside it are dropped.
func (r *rangeAllocation) rebase(text string, base, size int) {
	low, _, _ := strings.Cut(r.text, "-")
	was, err := strconv.Atoi(low)
	old, moved := new(big.Int).SetBytes(r.data), new(big.Int)
	for i := 0; err == nil && i < old.BitLen(); i++ {
		if k := was + i - base; old.Bit(i) == 1 && k >= 0 && k < size {
			moved.SetBit(moved, k, 1)
		}
	}
	r.text, r.data = text, moved.Bytes()
}
