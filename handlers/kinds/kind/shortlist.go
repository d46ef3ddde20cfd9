package kind

import (
	"fmt"
	"strings"
)

// ShortList keeps the first few texts and counts the rest.
type ShortList struct {
	Limit     int
	Separator string
	// Count is the number of texts. A caller may add the number of further texts instead of the texts.
	Count int
	texts []string
}

// Full reports whether further texts are only counted.
func (l *ShortList) Full() bool { return len(l.texts) >= l.Limit }

// Add appends a text.
func (l *ShortList) Add(text string) {
	if len(l.texts) < l.Limit {
		l.texts = append(l.texts, text)
	}
	l.Count++
}

// Text is the list as one cell; empty is the cell of an empty list.
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
