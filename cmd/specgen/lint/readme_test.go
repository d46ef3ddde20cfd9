package lint

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// tableRow is a line of a table of the grammar: key, meaning, example.
var tableRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.+?) \\| (.+) \\|$")

// TestReadme holds the written grammar and the accepted one together: every key has a line with an example, and no line is
// about a key that nobody accepts.
func TestReadme(t *testing.T) {
	b, err := os.ReadFile("../../../openapi/README.md")
	if err != nil {
		t.Fatal(err)
	}
	section := func(from, to string) map[string]string {
		_, rest, ok := strings.Cut(string(b), "\n## "+from+"\n")
		if !ok {
			t.Fatalf("no section %s", from)
		}
		if to != "" {
			rest, _, _ = strings.Cut(rest, "\n## "+to+"\n")
		}
		keys := map[string]string{}
		for _, m := range tableRow.FindAllStringSubmatch(rest, -1) {
			keys[m[1]] = m[3]
		}
		return keys
	}
	schemas, properties := map[string]bool{}, map[string]bool{}
	for name, k := range grammar {
		if k.schema {
			schemas[name] = true
		}
		if k.property {
			properties[name] = true
		}
	}
	for _, c := range []struct {
		from, to string
		want     map[string]bool
	}{
		{"Rows", "Schemas", fieldsOf(reflect.TypeFor[spec.Resource]())},
		{"Schemas", "Properties", schemas},
		{"Properties", "Columns", properties},
	} {
		got := section(c.from, c.to)
		for name := range c.want {
			if example, ok := got[name]; !ok {
				t.Errorf("%s: %s is not explained", c.from, name)
			} else if !strings.Contains(example, name+":") && !strings.HasPrefix(example, "see ") {
				t.Errorf("%s: %s has no example: %s", c.from, name, example)
			}
		}
		for name, example := range got {
			if !c.want[name] {
				t.Errorf("%s: %s is explained and not accepted", c.from, name)
			}
			if k, ok := grammar[name]; ok && c.from != "Rows" {
				checkExamples(t, name, k, example)
			}
		}
	}
	head := section("The head of a file", "Rows")
	for name := range fieldsOf(reflect.TypeFor[spec.GroupVersion]()) {
		if head[name] == "" {
			t.Errorf("the group-version's %s is not explained", name)
		}
	}
}

// checkExamples reads the examples of a key as the lint reads the model.
func checkExamples(t *testing.T, name string, k key, cell string) {
	t.Helper()
	for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
		var n yaml.Node
		if err := yaml.Unmarshal([]byte("{"+m[1]+"}"), &n); err != nil {
			t.Errorf("%s: %s: %v", name, m[1], err)
			continue
		}
		if v := get(n.Content[0], name); v == nil || !k.form.fits(v) {
			t.Errorf("%s: the example %s is not %s", name, m[1], k.form)
		}
	}
}

// fieldsOf are the YAML keys of a struct.
func fieldsOf(typ reflect.Type) map[string]bool {
	out := map[string]bool{}
	for i := range typ.NumField() {
		name := typ.Field(i).Tag.Get("yaml")
		if name == "" {
			name = strings.ToLower(typ.Field(i).Name)
		}
		if name != "-" {
			out[name] = true
		}
	}
	return out
}
