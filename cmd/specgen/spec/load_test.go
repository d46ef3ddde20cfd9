package spec

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const good = `openapi: 3.0.3
info: {title: things/v1, version: v1}
x-models: {prefix: com.example, package: example.com/things}
x-kubernetes-group-version: {group: things.example.com, version: v1, enabled: true, groupPriority: 3}
x-kubernetes-resources:
  zebras: {kind: Zebra, namespaced: true, verbs: [get], scale: {selector: .a}}
  ants: {kind: Ant, verbs: [get]}
paths: {}
components:
  schemas:
    Any:
    Zebra:
      type: object
      required: [b]
      properties:
        b: {type: string}
        a: {type: string}
`

// folder writes files and returns the folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLoad(t *testing.T) {
	m, err := Load(folder(t, map[string]string{"things/v1.yaml": good, "server/health.yaml": "not: [a, model]", "README.md": ""}))
	if err != nil {
		t.Fatal(err)
	}
	d := m["things/v1"]
	if len(m) != 1 || d == nil {
		t.Fatalf("got %v", m)
	}
	if want := (GroupVersion{Group: "things.example.com", Version: "v1", Enabled: true, GroupPriority: 3}); d.GV != want {
		t.Errorf("got %+v, want %+v", d.GV, want)
	}
	if got := d.Resources; len(got) != 2 || got[0].Name != "zebras" || got[0].Line != 6 || got[1].Name != "ants" || got[0].Scale.Selector != ".a" {
		t.Errorf("rows are not as written: %+v", got)
	}
	if s := d.Schemas["Zebra"]; !reflect.DeepEqual(s.Order, []string{"b", "a"}) || !s.Required()["b"] || s.Required()["a"] {
		t.Errorf("properties are not as written: %+v", s)
	}
	if s := d.Schemas["Any"]; s == nil || s.Keys == nil {
		t.Errorf("a schema without keys is lost: %+v", s)
	}
	if got := m.File("things.example.com", "v1"); got != "things/v1" {
		t.Errorf("File: %q", got)
	}
	if got := m.File("things.example.com", "v2"); got != "" {
		t.Errorf("File of nothing: %q", got)
	}
}

func TestLoadFaults(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown key of the file", "paths: {}", "path: {}", `line 8: unknown key "path"`},
		{"unknown key of the group-version", "enabled: true", "enbaled: true", `line 4: unknown key "enbaled"`},
		{"unknown key of a row", "kind: Ant", "knid: Ant", `row ants: line 7: unknown key "knid"`},
		{"a name that rows have from their key", "kind: Ant", "name: Ant", `row ants: line 7: unknown key "name"`},
		{"unknown key deep in a row", "selector: .a", "selecter: .a", `row zebras: line 6: unknown key "selecter"`},
		{"unknown key of components", "  schemas:", "  parameters: {}\n  schemas:", `unknown key "parameters"`},
		{"wrong type", "groupPriority: 3", "groupPriority: third", "cannot unmarshal"},
		{"key twice", "groupPriority: 3", "groupPriority: 3, groupPriority: 4", "already defined"},
		{"no YAML", "paths: {}", "paths: {", "yaml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(folder(t, map[string]string{"things/v1.yaml": strings.Replace(good, c.old, c.new, 1)}))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "things/v1.yaml") {
				t.Errorf("got %v, want the file and %q", err, c.want)
			}
		})
	}
}

// TestLoadAllFaults: one run names the faults of all files.
func TestLoadAllFaults(t *testing.T) {
	_, err := Load(folder(t, map[string]string{"a/v1.yaml": "x: 1\ny: 2", "b/v1.yaml": "z: 1"}))
	for _, want := range []string{`"x"`, `"y"`, `"z"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to name %s", err, want)
		}
	}
}

func TestLoadNothing(t *testing.T) {
	if _, err := Load(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
