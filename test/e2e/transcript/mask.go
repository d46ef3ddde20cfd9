package transcript

import (
	"regexp"
	"strings"
	"time"
)

// masker replaces what changes from run to run by what it is.
type masker struct {
	// names are values with the variable that stands for each, longest first.
	names *strings.Replacer
	extra []*regexp.Regexp
	now   time.Time
}

var (
	uid        = regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`)
	version    = regexp.MustCompile(`(resourceVersion"?: ?"?|Resource ?Version: +)[0-9]+("?)`)
	timestamp  = regexp.MustCompile(`\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| [+-]\d{4})`)
	longDate   = regexp.MustCompile(`\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}`)
	age        = regexp.MustCompile(`(^|\s)(?:\d{1,2}s|\d{1,2}m(?:\d{1,2}s)?|\d+y(?:\d+d)?|<invalid>)(\s|$)`)
	agePart    = regexp.MustCompile(`\b\d{1,2}s ago\b|\(\d{1,2}s\)`)
	clusterIP  = regexp.MustCompile(`\b10\.0\.\d{1,3}\.\d{1,3}\b`)
	nodePort   = regexp.MustCompile(`\b3[0-2]\d{3}\b`)
	diffFolder = regexp.MustCompile(`\S*/(LIVE|MERGED)-\d+`)
	editFile   = regexp.MustCompile(`/\S*/kubectl-edit-\d+\.`)
	port       = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	logLine    = regexp.MustCompile(`(?m)^[IWE]\d{4} \d\d:\d\d:\d\d\.\d+ .*\n?`)
	indent     = regexp.MustCompile(`^[+-]?\s*`)
	gaps       = regexp.MustCompile(` {2,}`)
)

// near is how far a time may be from now to be one that the server or kubectl has set.
const near = time.Hour

func (m *masker) mask(text string) string {
	text = m.names.Replace(text)
	for _, extra := range m.extra {
		text = extra.ReplaceAllString(text, "<masked>")
	}
	text = logLine.ReplaceAllString(text, "") // what kubectl's libraries tell about themselves
	text = uid.ReplaceAllString(text, "<uid>")
	text = version.ReplaceAllString(text, "${1}<rv>${2}")
	text = timestamp.ReplaceAllStringFunc(text, func(found string) string {
		layout := time.RFC3339Nano
		if found[10] == ' ' {
			layout = "2006-01-02 15:04:05.999999999 -0700"
		}
		return m.time(found, layout)
	})
	text = longDate.ReplaceAllStringFunc(text, func(found string) string { return m.time(found, time.RFC1123Z) })
	text = diffFolder.ReplaceAllString(text, "$1")
	text = editFile.ReplaceAllString(text, "kubectl-edit.")
	text = clusterIP.ReplaceAllString(text, "<ip>")
	text = nodePort.ReplaceAllString(text, "<port>")
	text = port.ReplaceAllString(text, "127.0.0.1:<port>")
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		// Twice, as two ages side by side share the space between them.
		for range 2 {
			line = age.ReplaceAllString(line, "${1}<age>${2}")
		}
		line = agePart.ReplaceAllString(line, "<age>")
		// kubectl aligns columns, so widths follow from what was masked.
		start := indent.FindString(line)
		lines[i] = strings.TrimRight(start+gaps.ReplaceAllString(line[len(start):], "  "), " \t\r")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func (m *masker) time(found, layout string) string {
	at, err := time.Parse(layout, found)
	if err != nil || at.Sub(m.now).Abs() > near {
		return found
	}
	return "<time>"
}
