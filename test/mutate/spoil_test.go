package mutate

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestSpoil(t *testing.T) {
	var object map[string]any
	const text = `{"apiVersion":"v1","kind":"X","metadata":{"name":"a"},"spec":{"n":5,"on":true,"list":[{"s":"v"}]}}`
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range spoil(object) {
		b, err := json.Marshal(s.object)
		if err != nil {
			t.Fatal(err)
		}
		got[s.what] = string(b)
	}
	for what, want := range map[string]string{
		".spec.n removed":                  `{"apiVersion":"v1","kind":"X","metadata":{"name":"a"},"spec":{"list":[{"s":"v"}],"on":true}}`,
		".spec.n = -1":                     `{"apiVersion":"v1","kind":"X","metadata":{"name":"a"},"spec":{"list":[{"s":"v"}],"n":-1,"on":true}}`,
		".spec.on = false":                 `{"apiVersion":"v1","kind":"X","metadata":{"name":"a"},"spec":{"list":[{"s":"v"}],"n":5,"on":false}}`,
		".spec.list[0].s = ":               `{"apiVersion":"v1","kind":"X","metadata":{"name":"a"},"spec":{"list":[{"s":""}],"n":5,"on":true}}`,
		".spec.list[0] removed":            `{"apiVersion":"v1","kind":"X","metadata":{"name":"a"},"spec":{"list":[{}],"n":5,"on":true}}`,
		".metadata.name = ":                `{"apiVersion":"v1","kind":"X","metadata":{"name":""},"spec":{"list":[{"s":"v"}],"n":5,"on":true}}`,
		".spec.list = [map[s:v] map[s:v]]": `{"apiVersion":"v1","kind":"X","metadata":{"name":"a"},"spec":{"list":[{"s":"v"},{"s":"v"}],"n":5,"on":true}}`,
	} {
		if got[what] != want {
			t.Errorf("%s: %s", what, got[what])
		}
	}
	for what := range got {
		if slices.Contains([]string{".kind removed", ".apiVersion = ", ".metadata.name removed"}, what) {
			t.Errorf("%s is not a change worth making", what)
		}
	}
	if b, err := json.Marshal(object); err != nil || string(b) != text {
		// Keys of a map are marshalled in order, as they stand above but for spec.
		var again map[string]any
		if err := json.Unmarshal([]byte(text), &again); err != nil || len(spoil(again)) != len(spoil(object)) {
			t.Errorf("the object changed: %s", b)
		}
	}
}
