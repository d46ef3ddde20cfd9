package mutate

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

// inner and thing are types to spoil.
type inner struct {
	S string  `json:"s"`
	B *bool   `json:"b"`
	M *minor  `json:"m"`
	N []int32 `json:"n"`
}

type minor struct {
	A string `json:"a"`
	B string `json:"b"`
}

type thing struct {
	Spec struct {
		N    int32             `json:"n"`
		On   bool              `json:"on"`
		List []inner           `json:"list"`
		Map  map[string]string `json:"map"`
	} `json:"spec"`
}

func TestSpoil(t *testing.T) {
	var object map[string]any
	const text = `{"apiVersion":"v1","kind":"X","metadata":{"name":"a"},"spec":{"list":[{"s":"v"}],"n":5,"on":true}}`
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range spoil(object, reflect.TypeOf(&thing{}), everywhere) {
		b, err := json.Marshal(s.object)
		if err != nil {
			t.Fatal(err)
		}
		got[s.what] = string(b)
	}
	const head = `{"apiVersion":"v1","kind":"X","metadata":{"name":"a"},"spec":`
	for what, want := range map[string]string{
		".spec.n removed":                 head + `{"list":[{"s":"v"}],"on":true}}`,
		".spec.n = -1":                    head + `{"list":[{"s":"v"}],"n":-1,"on":true}}`,
		".spec.n = 6":                     head + `{"list":[{"s":"v"}],"n":6,"on":true}}`,
		".spec.on = false":                head + `{"list":[{"s":"v"}],"n":5,"on":false}}`,
		".spec.list[0].s = ":              head + `{"list":[{"s":""}],"n":5,"on":true}}`,
		".spec.list[0] removed":           head + `{"list":[{}],"n":5,"on":true}}`,
		".spec.list with the first twice": head + `{"list":[{"s":"v"},{"s":"v"}],"n":5,"on":true}}`,
		".spec.list[0].b = true":          head + `{"list":[{"b":true,"s":"v"}],"n":5,"on":true}}`,
		".spec.list[0].m empty":           head + `{"list":[{"m":{},"s":"v"}],"n":5,"on":true}}`,
		".spec.list[0].m with only a":     head + `{"list":[{"m":{"a":"a"},"s":"v"}],"n":5,"on":true}}`,
		".spec.list[0].n of -1":           head + `{"list":[{"n":[-1],"s":"v"}],"n":5,"on":true}}`,
		`.spec.map with key "A b/"`:       head + `{"list":[{"s":"v"}],"map":{"A b/":"a"},"n":5,"on":true}}`,
		".spec removed":                   `{"apiVersion":"v1","kind":"X","metadata":{"name":"a"}}`,
		".spec.list with one more":        head + `{"list":[{"s":"v"},{"b":true,"m":{"a":"a","b":"a"},"n":[-1],"s":"a"}],"n":5,"on":true}}`,
		".spec.list[0].s = 10.0.0.0/8":    head + `{"list":[{"s":"10.0.0.0/8"}],"n":5,"on":true}}`,
		".spec.list[0].s = " + "v-x":      head + `{"list":[{"s":"v-x"}],"n":5,"on":true}}`,
		".spec.list empty":                head + `{"list":[],"n":5,"on":true}}`,
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
		t.Errorf("the object changed: %s", b)
	}
}

func TestNamedValuesAreOfTheModel(t *testing.T) {
	for name, want := range map[string]string{"restartPolicy": "OnFailure", "policyTypes": "Egress", "volumeBindingMode": "WaitForFirstConsumer"} {
		if !slices.Contains(namedValues()[name], want) {
			t.Errorf("%s may not be %s: %v", name, want, namedValues()[name])
		}
	}
}
