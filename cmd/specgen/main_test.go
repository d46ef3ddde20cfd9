package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// model is the project's own.
const model = "../../openapi"

// tree reads all files of a folder.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// copyModel writes the model, each file as change makes it, to a folder of the test.
func copyModel(t *testing.T, change func(string) string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range tree(t, model) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(change(content)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestDeterministic generates twice: every byte must be the same, or `make verify` would fail by chance.
func TestDeterministic(t *testing.T) {
	in := copyModel(t, func(s string) string { return s })
	first, second := t.TempDir(), t.TempDir()
	for _, dir := range []string{first, second} {
		if err := run(in, dir, "", false); err != nil {
			t.Fatal(err)
		}
	}
	a, b := tree(t, first), tree(t, second)
	if len(a) == 0 || len(a) != len(b) {
		t.Fatalf("%d files, then %d", len(a), len(b))
	}
	for path, content := range a {
		if b[path] != content {
			t.Errorf("%s is different the second time", path)
		}
	}
}

// TestFaultyModel: what a faulty model would generate must not replace what a good one did.
func TestFaultyModel(t *testing.T) {
	in, out := copyModel(t, func(s string) string {
		return strings.Replace(s, "volumeID: {type: string, x-proto: 1, x-required: true}", "volumeID: {type: string, x-required: true}", 1)
	}), t.TempDir()
	kept := filepath.Join(out, "kept.go")
	if err := os.WriteFile(kept, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(in, out, "", false); err == nil || !strings.Contains(err.Error(), "1 problems") {
		t.Errorf("got %v, want one problem", err)
	}
	if files := tree(t, out); len(files) != 1 {
		t.Errorf("the output was touched: %d files", len(files))
	}
}
