package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestSync: after it a folder has exactly the files of the output, and those that did not change were not written.
func TestSync(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-time.Hour).Truncate(time.Second)
	for name, content := range map[string]string{"same.go": "same", "changed.go": "before", "gone/deep/stale.go": "x"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	o := output{"same.go": []byte("same"), "changed.go": []byte("after"), "new/file.go": []byte("new")}
	if err := o.sync(dir); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"same.go": "same", "changed.go": "after", "new/file.go": "new"}
	if got := tree(t, dir); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "gone")); !os.IsNotExist(err) {
		t.Errorf("an empty folder is left: %v", err)
	}
	info, err := os.Stat(filepath.Join(dir, "same.go"))
	if err != nil {
		t.Fatal(err)
	}
	if !info.ModTime().Equal(old) {
		t.Error("a file that did not change was written")
	}
}

func TestSyncNewFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gen")
	if err := (output{"a.go": []byte("a")}).sync(dir); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

func TestGoFile(t *testing.T) {
	o := output{}
	if err := o.goFile("a.go", "package a\nvar   x=1"); err != nil {
		t.Fatal(err)
	}
	if got := string(o["a.go"]); got != header+"package a\n\nvar x = 1\n" {
		t.Errorf("got %q", got)
	}
	if err := o.goFile("b.go", "package"); err == nil || !strings.Contains(err.Error(), "b.go") {
		t.Errorf("got %v, want an error that names the file", err)
	}
	if _, ok := o["b.go"]; ok {
		t.Error("source that does not parse was kept")
	}
}
