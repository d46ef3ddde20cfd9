package reload

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

func TestValue(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	write := func(path, content string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	loads := 0
	load := func(c [][]byte) (string, error) {
		loads++
		if string(c[0]) == "bad" {
			return "", errors.New("bad content")
		}
		return string(c[0]) + string(c[1]), nil
	}
	log := slog.New(slog.DiscardHandler)
	if _, err := Open(log, load, a, b); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("files that are not there: %v", err)
	}
	write(a, "bad")
	write(b, "2")
	if _, err := Open(log, load, a, b); err == nil || err.Error() != a+", "+b+": bad content" {
		t.Errorf("a faulty first content: %v", err)
	}
	write(a, "1")
	v, err := Open(log, load, a, b)
	if err != nil {
		t.Fatal(err)
	}
	v.Every, loads = 0, 0
	for _, step := range []struct {
		what, path, content string
		remove              bool
		want                string
		loads               int
	}{
		{what: "nothing changed", want: "12"},
		{what: "the second changed", path: b, content: "3", want: "13", loads: 1},
		{what: "a faulty content", path: a, content: "bad", want: "13", loads: 2},
		{what: "the same fault is not tried again", want: "13", loads: 2},
		{what: "a removed file", path: a, remove: true, want: "13", loads: 2},
		{what: "a good content", path: a, content: "4", want: "43", loads: 3},
	} {
		if step.remove {
			if err := os.Remove(step.path); err != nil {
				t.Fatal(err)
			}
		} else if step.path != "" {
			write(step.path, step.content)
		}
		if got := v.Get(); got != step.want || loads != step.loads {
			t.Errorf("%s: %q after %d loads, want %q after %d", step.what, got, loads, step.want, step.loads)
		}
	}
}
