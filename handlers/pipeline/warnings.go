package pipeline

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxWarnings is how many runes of warnings an answer has, upstream's limit. Within it texts are sent whole. When they are
// more, each is cut to maxWarning runes, and those that then do not fit are dropped.
const maxWarning, maxWarnings = 256, 4096

// warned are the warnings of one answer.
type warned struct {
	texts map[string]bool
	order []string
	// runes is how many are in the header now.
	runes int
	// cut: they were too many, and each is cut.
	cut bool
}

// Warn adds Warning headers (RFC 7234, code 299). A text is sent once per answer. Control characters would break the
// header and are dropped. It has no effect once the answer has begun.
func (w *ResponseWriter) Warn(texts ...string) {
	for _, text := range texts {
		if w.warned.cut && w.warned.runes >= maxWarnings {
			return
		}
		w.warn(text)
	}
}

func (w *ResponseWriter) warn(text string) {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	s := &w.warned
	if text == "" || s.texts[text] {
		return
	}
	if s.texts == nil {
		s.texts = map[string]bool{}
	}
	s.texts[text] = true
	s.order = append(s.order, text)
	if !s.cut && s.runes+utf8.RuneCountInString(text) > maxWarnings {
		s.cut, s.runes = true, 0
		w.Header().Del("Warning")
		for _, text := range s.order {
			w.addWarning(text)
		}
		return
	}
	w.addWarning(text)
}

func (w *ResponseWriter) addWarning(text string) {
	n := utf8.RuneCountInString(text)
	if w.warned.cut && n > maxWarning {
		text, n = string([]rune(text)[:maxWarning]), maxWarning
	}
	w.warned.runes += n
	w.Header().Add("Warning", "299 - "+quote(text))
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
