package columns

import (
	"fmt"
	"strings"
)

// shortList keeps the first few texts and counts the rest.
type shortList struct {
	limit     int
	separator string
	texts     []string
	count     int
}

func (l *shortList) full() bool { return len(l.texts) >= l.limit }

func (l *shortList) add(text string) {
	if len(l.texts) < l.limit {
		l.texts = append(l.texts, text)
	}
	l.count++
}

// text is the list as one cell; empty when that would have nothing in it.
func (l *shortList) text(empty string) string {
	text := strings.Join(l.texts, l.separator)
	switch {
	case l.count > l.limit:
		return text + fmt.Sprintf(" + %d more...", l.count-l.limit)
	case text == "":
		return empty
	}
	return text
}
