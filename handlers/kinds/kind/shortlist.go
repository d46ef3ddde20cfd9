package kind

import (
	"fmt"
	"strings"
)

// ShortList keeps the first few texts and counts the rest.
type ShortList struct {
	Limit     int
	Separator string
	// Count is how many there are altogether; who knows that more follow may add their number instead of them.
	Count int
	texts []string
}

// Full says that what is added now is only counted.
func (l *ShortList) Full() bool { return len(l.texts) >= l.Limit }

// Add appends a text.
func (l *ShortList) Add(text string) {
	if len(l.texts) < l.Limit {
		l.texts = append(l.texts, text)
	}
	l.Count++
}

// Text is the list as one cell; empty when that would have nothing in it.
func (l *ShortList) Text(empty string) string {
	text := strings.Join(l.texts, l.Separator)
	switch {
	case l.Count > l.Limit:
		return text + fmt.Sprintf(" + %d more...", l.Count-l.Limit)
	case text == "":
		return empty
	}
	return text
}
