package codec

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// plain marks the bytes that a JSON string shows as they are. Answers are also read by browsers, so < > & are escaped
// like upstream does.
var plain = func() (t [256]bool) {
	for c := 0x20; c < 0x80; c++ {
		t[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return t
}()

// appendString appends s as a JSON string. Invalid UTF-8 becomes the replacement character.
func appendString[T []byte | string](dst []byte, s T) []byte {
	dst = append(dst, '"')
	i := 0
	if b, ok := any(s).([]byte); ok {
		i = plainWords(b)
	}
	for i < len(s) && plain[s[i]] {
		i++
	}
	dst = append(dst, s[:i]...)
	if i < len(s) {
		dst = appendEscaped(dst, s[i:])
	}
	return append(dst, '"')
}

// ones is a word of bytes 1; multiplied by a byte it is a word of those.
const ones = 0x0101010101010101

// plainWords is the length of a start of b that is plain: it looks at eight bytes at once.
func plainWords(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		// A high bit is left where a byte is below 0x20, has that bit itself, or is one of those that are escaped; " and &, <
		// and > differ in one bit. Borrows may leave more, but only above a right one.
		special := w | (w - 0x20*ones)
		special |= zeroBytes((w|4*ones)^'&'*ones) | zeroBytes((w|2*ones)^'>'*ones) | zeroBytes(w^'\\'*ones)
		if special &= 0x80 * ones; special != 0 {
			return i + bits.TrailingZeros64(special)/8
		}
	}
	return i
}

// zeroBytes has the high bit of each byte of w that is zero.
func zeroBytes(w uint64) uint64 { return (w - ones) &^ w }

const hexDigits = "0123456789abcdef"

// appendEscaped appends the content of a JSON string.
func appendEscaped[T []byte | string](dst []byte, s T) []byte {
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			case '\b':
				dst = append(dst, '\\', 'b')
			case '\f':
				dst = append(dst, '\\', 'f')
			case '\n':
				dst = append(dst, '\\', 'n')
			case '\r':
				dst = append(dst, '\\', 'r')
			case '\t':
				dst = append(dst, '\\', 't')
			default: // control characters, 0x7f is plain
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			start = i
			continue
		}
		r, n := utf8.DecodeRuneInString(string(s[i:min(len(s), i+utf8.UTFMax)]))
		switch {
		case r == utf8.RuneError && n == 1:
			dst = append(append(dst, s[start:i]...), `\ufffd`...)
			start = i + n
		case r == '\u2028' || r == '\u2029': // line ends for JavaScript
			dst = append(append(dst, s[start:i]...), `\u202`...)
			dst = append(dst, hexDigits[r&15])
			start = i + n
		}
		i += n
	}
	return append(dst, s[start:]...)
}

var errFloat = errors.New("json: unsupported value: a number that is not finite")

// appendFloat appends f as encoding/json does: shortest form, exponents only for the very large and very small.
func appendFloat(dst []byte, f float64) ([]byte, error) {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return dst, errFloat
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	if n := len(dst); format == 'e' && n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1] // e-09 is written e-9
		dst = dst[:n-1]
	}
	return dst, nil
}
