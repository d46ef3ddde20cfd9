package informers

import (
	"strings"
	"testing"
)

// What reflectors must not do is seen when they do it.
func TestVerifySeesFaults(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(f *follower)
		want  string
	}{
		"nothing":                       {func(*follower) {}, ""},
		"a change is missing":           {func(f *follower) { f.runs[0].changes = f.runs[0].changes[1:] }, "change 0 of 2 is"},
		"the last change is missing":    {func(f *follower) { f.runs[1].changes = nil }, "missing at the end"},
		"a change comes twice":          {func(f *follower) { f.runs[1].changes = append(f.runs[1].changes, f.runs[1].changes...) }, "more than happened"},
		"changes come in another order": {func(f *follower) { c := f.runs[0].changes; c[0], c[1] = c[1], c[0] }, "change 0 of 1 is"},
		"a deletion is told as a write": {func(f *follower) { f.runs[0].changes[1].gone = false }, "change 1 of 2 is"},
		"a state has too little":        {func(f *follower) { clear(f.runs[1].state) }, "state 1 at revision 14 has map[]"},
		"a state is of another time":    {func(f *follower) { f.runs[1].revision = 13 }, "state 1 at revision 13 has"},
		"a state goes back":             {func(f *follower) { f.runs[1] = f.runs[0] }, "goes back from revision 13 to 11"},
		"a store that does not fit":     {func(f *follower) { f.faults = []string{"a is added at 11, had it before: true"} }, "had it before"},
	} {
		t.Run(name, func(t *testing.T) {
			h := &history{changes: []change{{"a", 11, false}, {"b", 12, false}, {"a", 13, true}, {"c", 14, false}, {"b", 15, false}}}
			f := &follower{runs: []run{
				{revision: 11, state: map[string]int64{"a": 11}, changes: []change{{"b", 12, false}, {"a", 13, true}}},
				{revision: 14, state: map[string]int64{"b": 12, "c": 14}, changes: []change{{"b", 15, false}}},
			}}
			c.spoil(f)
			got := strings.Join(f.verify(h, 15), "\n")
			if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}
