package resource

import (
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"testing"
)

// TestSorted: after any changes a sequence has what a map has, in order, and older sequences have what they had.
func TestSorted(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	var s sorted[int]
	want := map[string]int{}
	check := func(s sorted[int], want map[string]int) {
		t.Helper()
		var names []string
		for name, v := range s.all() {
			if v != want[name] {
				t.Fatalf("%s is %d, want %d", name, v, want[name])
			}
			names = append(names, name)
		}
		if !slices.Equal(names, slices.Sorted(maps.Keys(want))) || s.length != len(want) {
			t.Fatalf("%d names in %d", len(names), s.length)
		}
	}
	type state struct {
		s    sorted[int]
		want map[string]int
	}
	var old []state
	for i := range 6000 {
		name := fmt.Sprintf("n%03d", random.Intn(700))
		if random.Intn(5) < 2+i%3 { // grows and shrinks
			s, want[name] = s.with(name, i), i
		} else {
			s = s.without(name)
			delete(want, name)
		}
		v, found := s.get(name)
		if wanted, has := want[name]; found != has || v != wanted {
			t.Fatalf("%s: %d %v, want %d %v", name, v, found, wanted, has)
		}
		if i%500 == 0 {
			old = append(old, state{s, maps.Clone(want)})
		}
	}
	for _, o := range append(old, state{s, want}) {
		check(o.s, o.want)
	}
	for name := range want {
		s = s.without(name)
	}
	check(s, map[string]int{})
	if _, found := s.get("n001"); found || len(s.leaves) != 0 {
		t.Error("something is left")
	}
	for _, l := range old[len(old)-1].s.leaves {
		if len(l.names) == 0 || len(l.names) > leafSize || len(l.names) != len(l.values) {
			t.Errorf("a leaf of %d names and %d values", len(l.names), len(l.values))
		}
	}
}
