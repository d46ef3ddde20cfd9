package codec

import "fmt"

// maxJSONDepth is how deep encoding/json follows brackets.
const maxJSONDepth = 10000

// appendCompact appends JSON that was stored as bytes, without insignificant space and with the escapes of appendString.
// It refuses what is not JSON: one such object must not spoil a whole list. On an error dst is as it was.
func appendCompact(dst, src []byte) ([]byte, error) {
	c := compactor{dst: dst, src: src}
	c.space()
	if c.value(0) {
		c.space()
		if c.i == len(src) {
			return append(c.dst, src[c.start:]...), nil
		}
	}
	return dst, fmt.Errorf("invalid JSON in an embedded value: %.60q", src)
}

// compactor checks src and copies it in pieces as large as possible.
type compactor struct {
	dst, src []byte
	// src[start:i] is checked and not copied yet.
	start, i int
}

// replace copies what is checked and then text instead of the next n bytes.
func (c *compactor) replace(n int, text ...byte) {
	c.dst = append(append(c.dst, c.src[c.start:c.i]...), text...)
	c.i += n
	c.start = c.i
}

// next is the next byte, 0 at the end: a byte that stands nowhere in JSON.
func (c *compactor) next() byte {
	if c.i < len(c.src) {
		return c.src[c.i]
	}
	return 0
}

func (c *compactor) space() {
	if c.i < len(c.src) && c.src[c.i] <= ' ' {
		c.dropSpace()
	}
}

func (c *compactor) dropSpace() {
	n := 0
	for c.i+n < len(c.src) {
		switch c.src[c.i+n] {
		case ' ', '\n', '\t', '\r':
			n++
			continue
		}
		break
	}
	if n > 0 {
		c.replace(n)
	}
}

func (c *compactor) value(depth int) bool {
	switch c.next() {
	case '{', '[':
		return depth < maxJSONDepth && c.nest(depth+1)
	case '"':
		return c.string()
	case 't':
		return c.word("true")
	case 'f':
		return c.word("false")
	case 'n':
		return c.word("null")
	}
	return c.number()
}

// nest checks an object or a list.
func (c *compactor) nest(depth int) bool {
	object := c.next() == '{'
	end := c.next() + 2 // the closing bracket of both
	c.i++
	c.space()
	if c.next() == end {
		c.i++
		return true
	}
	for {
		if object {
			if !c.string() {
				return false
			}
			c.space()
			if c.next() != ':' {
				return false
			}
			c.i++
			c.space()
		}
		if !c.value(depth) {
			return false
		}
		c.space()
		switch c.next() {
		case ',':
			c.i++
			c.space()
		case end:
			c.i++
			return true
		default:
			return false
		}
	}
}

func (c *compactor) word(w string) bool {
	if len(c.src)-c.i < len(w) || string(c.src[c.i:c.i+len(w)]) != w {
		return false
	}
	c.i += len(w)
	return true
}

func (c *compactor) digits() bool {
	from := c.i
	for b := c.next(); b >= '0' && b <= '9'; b = c.next() {
		c.i++
	}
	return c.i > from
}

func (c *compactor) number() bool {
	if c.next() == '-' {
		c.i++
	}
	if c.next() == '0' {
		c.i++
	} else if !c.digits() {
		return false
	}
	if c.next() == '.' {
		c.i++
		if !c.digits() {
			return false
		}
	}
	if b := c.next(); b == 'e' || b == 'E' {
		c.i++
		if b := c.next(); b == '+' || b == '-' {
			c.i++
		}
		return c.digits()
	}
	return true
}

func (c *compactor) string() bool {
	if c.next() != '"' {
		return false
	}
	c.i++
	for c.i < len(c.src) {
		src, i := c.src, c.i
		for i < len(src) && plain[src[i]] {
			i++
		}
		if c.i = i; i == len(src) {
			return false
		}
		b := src[i]
		switch {
		case b == '"':
			c.i++
			return true
		case b == '\\':
			if !c.escape() {
				return false
			}
		case b < 0x20:
			return false
		case b == '<' || b == '>' || b == '&':
			c.replace(1, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
		case b == 0xe2 && len(c.src)-c.i > 2 && c.src[c.i+1] == 0x80 && c.src[c.i+2]&^1 == 0xa8:
			c.replace(3, '\\', 'u', '2', '0', '2', hexDigits[c.src[c.i+2]&15])
		default:
			c.i++
		}
	}
	return false
}

func (c *compactor) escape() bool {
	c.i++
	switch c.next() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		c.i++
		return true
	case 'u':
		c.i++
		for range 4 {
			switch b := c.next(); {
			case b >= '0' && b <= '9', b >= 'a' && b <= 'f', b >= 'A' && b <= 'F':
				c.i++
			default:
				return false
			}
		}
		return true
	}
	return false
}
