package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/clients"
	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// TestSyncClients: what was generated once and is not any more goes, known by its first line; what somebody wrote stays.
func TestSyncClients(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"python/gatehouse/models/gone_v1.py": "# " + clients.Header + "\n",
		"python/gatehouse/client.py":         "# by hand, about: " + "\n# " + clients.Header + "\n",
		"go/types/gone/v1/rows.gen.go":       "// " + clients.Header + "\n",
		"go/client.go":                       "package kube\n",
		"ts/dist/copy.js":                    "// " + clients.Header + "\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := (output{"go/types/new/v1/rows.gen.go": []byte("new")}).syncClients(dir); err != nil {
		t.Fatal(err)
	}
	var got []string
	for name := range tree(t, dir) {
		got = append(got, name)
	}
	want := map[string]bool{"python/gatehouse/client.py": true, "go/client.go": true, "go/types/new/v1/rows.gen.go": true, "ts/dist/copy.js": true}
	left := map[string]bool{}
	for _, name := range got {
		left[name] = true
	}
	if !reflect.DeepEqual(left, want) {
		t.Errorf("left are %v, want %v", left, want)
	}
	for _, gone := range []string{"go/types/gone", "python/gatehouse/models"} {
		if _, err := os.Stat(filepath.Join(dir, gone)); !os.IsNotExist(err) {
			t.Errorf("the empty folder %s is left: %v", gone, err)
		}
	}
}

// generateClients makes the files of the clients of the project's model.
func generateClients(t *testing.T, describe bool) output {
	t.Helper()
	m, err := spec.Load(model)
	if err != nil {
		t.Fatal(err)
	}
	gen := output{}
	for _, write := range []func(spec.Model, output) error{writeTypes, writeDeepCopy} {
		if err := write(m, gen); err != nil {
			t.Fatal(err)
		}
	}
	files, err := clientFiles(m, gen, describe)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestClientsHaveNoWordsOfOthers: the committed files have no description of the linked modules, and packages have them all.
func TestClientsHaveNoWordsOfOthers(t *testing.T) {
	m, err := spec.Load(model)
	if err != nil {
		t.Fatal(err)
	}
	words, err := clients.LinkedWords(m)
	if err != nil {
		t.Fatal(err)
	}
	if got := words["k8s.io/api/core/v1"]["Volume"]["hostPath"]; got == "" {
		t.Error("what a volume inlines is not described")
	}
	sentences := map[string]bool{}
	for _, types := range words {
		for _, fields := range types {
			for _, text := range fields {
				if sentence, _, _ := strings.Cut(text, "."); len(sentence) > 40 {
					sentences[sentence] = true
				}
			}
		}
	}
	if len(sentences) < 2000 {
		t.Fatalf("only %d descriptions", len(sentences))
	}
	count := func(files output) int {
		n := 0
		for _, content := range files {
			for line := range strings.Lines(string(content)) {
				line = strings.Trim(strings.TrimSpace(line), `"/* `)
				if sentence, _, _ := strings.Cut(line, "."); sentences[sentence] {
					n++
				}
			}
		}
		return n
	}
	if n := count(generateClients(t, false)); n > 0 {
		t.Errorf("%d lines of the committed clients are the original's", n)
	}
	if n := count(generateClients(t, true)); n < 1000 {
		t.Errorf("only %d lines of the packaged clients describe something", n)
	}
}

// TestClientTypes: the Go client's types are the server's without what only a server needs, and with a place for what they do
// not know.
func TestClientTypes(t *testing.T) {
	files := generateClients(t, false)
	structs := 0
	for name, content := range files {
		if !strings.HasPrefix(name, "go/types/") {
			continue
		}
		source := string(content)
		for _, word := range []string{`validate:"`, `update:"`, "gatehouse/gen/"} {
			if strings.Contains(source, word) {
				t.Errorf("%s has %s", name, word)
			}
		}
		if n, unknown := strings.Count(source, " struct {\n"), strings.Count(source, "Unknown kube.Unknown"); strings.HasSuffix(name, "/types.gen.go") {
			structs += n
			if n != unknown {
				t.Errorf("%s has %d structs and %d places for unknown fields", name, n, unknown)
			}
		}
		if into, clones := strings.Count(source, ") DeepCopyInto("), strings.Count(source, "out.Unknown = in.Unknown.Clone()"); into != clones {
			t.Errorf("%s has %d copies, %d of them with unknown fields", name, into, clones)
		}
	}
	if structs < 500 {
		t.Errorf("only %d structs", structs)
	}
}
