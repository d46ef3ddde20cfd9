package audit

import (
	"compress/gzip"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// rotatingAt is a file of at most ten bytes on a clock of the test's.
func rotatingAt(path string, r Rotation, clock *time.Time) *rotating {
	f := newRotating(path, r, slog.New(slog.DiscardHandler))
	f.maxBytes, f.now = 10, func() time.Time { return *clock }
	return f
}

func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// write writes lines of seven bytes, each of which needs a file of its own, a second apart.
func write(t *testing.T, f *rotating, clock *time.Time, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if n, err := f.Write([]byte(line)); err != nil || n != len(line) {
			t.Fatalf("%d, %v", n, err)
		}
		*clock = clock.Add(time.Second)
	}
}

func TestRotation(t *testing.T) {
	for _, c := range []struct {
		name     string
		rotation Rotation
		want     []string
	}{
		{"everything is kept", Rotation{}, []string{"audit-2026-03-01T10-00-01.000.log", "audit-2026-03-01T10-00-02.000.log", "audit.log"}},
		{"the newest is kept", Rotation{MaxBackups: 1}, []string{"audit-2026-03-01T10-00-02.000.log", "audit.log"}},
		{"compressed", Rotation{Compress: true}, []string{"audit-2026-03-01T10-00-01.000.log.gz", "audit-2026-03-01T10-00-02.000.log.gz", "audit.log"}},
	} {
		dir := t.TempDir()
		clock := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
		others := []string{"audit-notes.log", "other-2026-03-01T10-00-01.000.log"}
		for _, name := range others {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		f := rotatingAt(filepath.Join(dir, "audit.log"), c.rotation, &clock)
		write(t, f, &clock, "first.\n", "second\n", "third.\n")
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		got := slices.DeleteFunc(namesIn(t, dir), func(name string) bool { return slices.Contains(others, name) })
		if !slices.Equal(got, c.want) || len(namesIn(t, dir)) != len(c.want)+len(others) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		// A new process goes on with the file, and what it finds too old goes.
		clock = clock.Add(48 * time.Hour)
		f = rotatingAt(filepath.Join(dir, "audit.log"), Rotation{MaxAge: 1}, &clock)
		write(t, f, &clock, "4\n")
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(dir, "audit.log")); err != nil || string(b) != "third.\n4\n" {
			t.Errorf("%s: the file has %q, %v", c.name, b, err)
		}
		if got := namesIn(t, dir); len(got) != 1+len(others) {
			t.Errorf("%s: after two days %q", c.name, got)
		}
	}
}

func TestRotationKeepsEveryLine(t *testing.T) {
	dir := t.TempDir()
	clock := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	f := rotatingAt(filepath.Join(dir, "audit.log"), Rotation{Compress: true}, &clock)
	write(t, f, &clock, "first.\n", "second\n")
	if _, err := f.Write(make([]byte, 11)); err == nil || !strings.Contains(err.Error(), "exceeds maximum file size") {
		t.Errorf("a line that fits no file: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	packed, err := os.Open(filepath.Join(dir, "audit-2026-03-01T10-00-01.000.log.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || string(b) != "first.\n" {
		t.Errorf("%q, %v", b, err)
	}
	if err := f.Close(); err != nil { // once more does no harm
		t.Error(err)
	}
}
