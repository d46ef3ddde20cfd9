package golden

import "testing"

func TestDiff(t *testing.T) {
	got := diff("a\nb\nc\nd", "a\nc\nx\nd\ne")
	if want := "  a\n- b\n  c\n+ x\n  d\n+ e\n"; got != want {
		t.Errorf("got\n%s", got)
	}
}
