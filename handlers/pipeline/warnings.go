package pipeline

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxWarning is how much of one warning is sent, in runes; maxWarnings how much of all together before each is cut.
const maxWarning, maxWarnings = 256, 4096

// Warn adds Warning headers (RFC 7234, code 299). A text is sent once per answer. Control characters would break the
// header and are dropped. It has no effect once the answer has begun.
func (w *ResponseWriter) Warn(texts ...string) {
	for _, text := range texts {
		text = strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return -1
			}
			return r
		}, strings.ToValidUTF8(text, ""))
		if text == "" || w.warned[text] {
			continue
		}
		if w.warned == nil {
			w.warned = map[string]bool{}
		}
		total := 0
		for t := range w.warned {
			total += utf8.RuneCountInString(t)
		}
		w.warned[text] = true
		if n := utf8.RuneCountInString(text); total+n > maxWarnings && n > maxWarning {
			text = string([]rune(text)[:maxWarning])
		}
		w.Header().Add("Warning", "299 - "+quote(text))
	}
}

// quote makes a quoted-string (RFC 9110): only quotes and backslashes are escaped, other runes stay as they are.
func quote(s string) string {
	if !strings.ContainsAny(s, `"\`) {
		return `"` + s + `"`
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// itoa is the decimal form of a header's number.
func itoa(n int) string { return strconv.Itoa(n) }
