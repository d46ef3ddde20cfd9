package main

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestColumnsReadme: openapi/README.md explains every key of a column, with an example that is accepted, and none besides.
func TestColumnsReadme(t *testing.T) {
	b, err := os.ReadFile(model + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "\n## Columns\n")
	section, _, _ = strings.Cut(section, "\n## server/\n")
	explained := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| .+ \\| `(.+)` \\|$").FindAllStringSubmatch(section, -1) {
		explained[row[1]] = true
		var c column
		if err := yaml.Unmarshal([]byte("{"+row[2]+"}"), &c); err != nil && strings.Contains(err.Error(), "unknown key") || !strings.HasPrefix(row[2], row[1]+": ") {
			t.Errorf("%s: the example %s: %v", row[1], row[2], err)
		}
	}
	for i := range reflect.TypeFor[column]().NumField() {
		if name := strings.ToLower(reflect.TypeFor[column]().Field(i).Name); !explained[name] {
			t.Errorf("%s is not explained", name)
		} else {
			delete(explained, name)
		}
	}
	for name := range explained {
		t.Errorf("%s is explained and no key of a column", name)
	}
}
