package golden

import (
	"bytes"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"time"
)

// What a server makes up anew in every run is replaced by its kind, so that the form is still compared: a uid must be a
// UUID, a time must be a time with or without fractions of a second, a continue token must decode as one.
var (
	uuidText   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	timeText   = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`)
	number     = regexp.MustCompile(`^[1-9][0-9]*$`)
	age        = regexp.MustCompile(`^([0-9]+[smhdy])+$`)
	nameSuffix = regexp.MustCompile(`^[bcdfghjklmnpqrstvwxz2456789]{5}$`)
	// Messages about patches quote the whole patched object.
	revisionQuoted = regexp.MustCompile(`(\\"resourceVersion\\":\\")[0-9]+`)
	managersQuoted = regexp.MustCompile(`,\\"managedFields\\":\[[^\[\]]*\]`)
	// The places in messages that quote a revision of the store.
	revisionInText = regexp.MustCompile(`(?i)(resourceversion in [a-z ]*\(|, current: |too old resource version: [0-9]+ \()[0-9]+`)
)

// A masker knows what is particular to one run.
type masker struct {
	namespace string
	now       time.Time
	extra     []Path
	extraText []*regexp.Regexp
}

func (m *masker) document(n *node) {
	for _, path := range m.extra {
		for _, hit := range path.find(n) {
			hit.set("<masked>")
		}
	}
	m.walk("", n)
}

func (m *masker) walk(key string, n *node) {
	if n.kind == scalarNode {
		if s, ok := n.str(); ok {
			n.set(m.value(key, s))
		}
		return
	}
	if n.kind == objectNode {
		m.object(n)
	}
	for i, kid := range n.kids {
		if n.kind == objectNode {
			n.keys[i] = m.text(n.keys[i])
			key = n.keys[i]
		}
		m.walk(key, kid)
	}
}

func (m *masker) object(n *node) {
	if managers := n.get("managedFields"); managers != nil {
		sortManagers(managers)
	}
	if causes := n.get("causes"); causes != nil {
		sortConflicts(causes)
	}
	if prefix, ok := n.get("generateName").str(); ok && prefix != "" {
		if name, ok := n.get("name").str(); ok {
			if rest, ok := strings.CutPrefix(name, prefix); ok && nameSuffix.MatchString(rest) {
				n.get("name").set(prefix + "<suffix>")
			}
		}
	}
	if kind, _ := n.get("kind").str(); kind == "Table" {
		maskDescriptions(n)
		maskAges(n)
	}
}

// sortManagers sorts entries as servers do, but without their times: writes of one step may come in one second or in two.
func sortManagers(entries *node) {
	sortBy(entries, "operation", "manager", "apiVersion", "subresource")
}

// sortConflicts sorts the causes that tell of owners: upstream tells them in another order each time.
func sortConflicts(causes *node) {
	for _, cause := range causes.kids {
		if reason, _ := cause.get("reason").str(); reason != "FieldManagerConflict" {
			return
		}
	}
	sortBy(causes, "message", "field")
}

// sortBy sorts the objects of a list by texts in them.
func sortBy(list *node, keys ...string) {
	slices.SortStableFunc(list.kids, func(a, b *node) int {
		for _, key := range keys {
			x, _ := a.get(key).str()
			y, _ := b.get(key).str()
			if c := strings.Compare(x, y); c != 0 {
				return c
			}
		}
		return 0
	})
}

// maskDescriptions replaces the prose of the columns: what it says, if anything, is each server's own.
func maskDescriptions(table *node) {
	columns := table.get("columnDefinitions")
	if columns == nil {
		return
	}
	for _, column := range columns.kids {
		if _, ok := column.get("description").str(); ok {
			column.get("description").set("<description>")
		}
	}
}

// maskAges replaces the cells of a table that count from the object's creation to now.
func maskAges(table *node) {
	columns := table.get("columnDefinitions")
	rows := table.get("rows")
	if columns == nil || rows == nil {
		return
	}
	for i, column := range columns.kids {
		switch name, _ := column.get("name").str(); name {
		case "Age", "Last Seen", "First Seen", "Duration":
		default:
			continue
		}
		for _, row := range rows.kids {
			cells := row.get("cells")
			if cells == nil || i >= len(cells.kids) {
				continue
			}
			if s, ok := cells.kids[i].str(); ok && age.MatchString(s) {
				cells.kids[i].set("<age>")
			}
		}
	}
}

func (m *masker) value(key, s string) string {
	switch {
	case key == "resourceVersion" && number.MatchString(s):
		return "<rv>"
	case key == "continue" && isContinueToken(s):
		return "<continue>"
	}
	return m.text(s)
}

// isContinueToken: the token is base64 of a JSON object that names its own format.
func isContinueToken(s string) bool {
	data, err := base64.RawURLEncoding.DecodeString(s)
	return err == nil && bytes.Contains(data, []byte(`"v":"meta.k8s.io/v1"`))
}

// text masks what may stand anywhere in a text.
func (m *masker) text(s string) string {
	s = strings.ReplaceAll(s, m.namespace, "$NS")
	for _, expr := range m.extraText {
		s = expr.ReplaceAllString(s, "<masked>")
	}
	s = uuidText.ReplaceAllString(s, "<uid>")
	s = managersQuoted.ReplaceAllString(s, "")
	s = revisionQuoted.ReplaceAllString(s, "$1<rv>")
	s = revisionInText.ReplaceAllString(s, "$1<rv>")
	return timeText.ReplaceAllStringFunc(s, func(found string) string {
		at, err := time.Parse(time.RFC3339Nano, found)
		// A time that a script wrote itself lies far from now and is compared.
		if err != nil || at.Sub(m.now).Abs() > 24*time.Hour {
			return found
		}
		if strings.Contains(found, ".") {
			return "<microtime>"
		}
		return "<time>"
	})
}
