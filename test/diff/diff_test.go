package diff

import (
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	lines := strings.Split("abcdefghijklmnop", "")
	want, got := strings.Join(lines, "\n"), strings.Join(append(append(append([]string{}, lines[:7]...), "X"), lines[9:]...), "\n")
	expected := "  ...\n  d\n  e\n  f\n  g\n- h\n- i\n+ X\n  j\n  k\n  l\n  m\n  ...\n"
	if d := Lines(want, got); d != expected {
		t.Errorf("got\n%s", d)
	}
	if d := Lines("a", "a"); strings.ContainsAny(d, "+-") {
		t.Errorf("no difference gives %q", d)
	}
}
