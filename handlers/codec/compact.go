package codec

import (
	"encoding/json"
	"fmt"
)

// appendCompact appends JSON that was stored as bytes, without insignificant space and with the escapes of appendString.
// It refuses what is not JSON: one such object must not spoil a whole list.
func appendCompact(dst, src []byte) ([]byte, error) {
	if !json.Valid(src) {
		return dst, fmt.Errorf("invalid JSON in an embedded value: %.60q", src)
	}
	start, quoted := 0, false
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case c == '\\':
			i++ // the escaped character cannot end the string
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\n' || c == '\t' || c == '\r'):
			dst = append(dst, src[start:i]...)
			start = i + 1
		case c == '<' || c == '>' || c == '&':
			dst = append(append(dst, src[start:i]...), '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			start = i + 1
		case c == 0xe2 && i+2 < len(src) && src[i+1] == 0x80 && src[i+2]&^1 == 0xa8:
			dst = append(append(dst, src[start:i]...), '\\', 'u', '2', '0', '2', hexDigits[src[i+2]&15])
			start = i + 3
			i += 2
		}
	}
	return append(dst, src[start:]...), nil
}
