package codec

import (
	"encoding/json"
	"reflect"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
)

var mergePatches = []struct{ name, object, patch, want string }{
	{"a field is replaced in its place", `{"a":1,"b":2,"c":3}`, `{"b":4}`, `{"a":1,"b":4,"c":3}`},
	{"a new one comes last", `{"a":1}`, `{"b":4}`, `{"a":1,"b":4}`},
	{"into nothing", `{}`, `{"b":4}`, `{"b":4}`},
	{"one is removed", `{"a":1,"b":2}`, `{"a":null}`, `{"b":2}`},
	{"all are removed", `{"a":1,"b":2}`, `{"a":null,"b":null}`, `{}`},
	{"what is not there is removed", `{"a":1}`, `{"x":null}`, `{"a":1}`},
	{"nothing is patched", `{"a":1}`, `{}`, `{"a":1}`},
	{"inside", `{"m":{"l":{"x":"1"},"n":"y"},"s":[1,{"a":null}]}`, `{"m":{"l":{"z":"2"}}}`, `{"m":{"l":{"x":"1","z":"2"},"n":"y"},"s":[1,{"a":null}]}`},
	{"an object becomes a list, as it is", `{"a":{"b":1}}`, `{"a":[{"x":null}]}`, `{"a":[{"x":null}]}`},
	{"a list becomes another, without nulls", `{"a":[1]}`, `{"a":[{"x":null},null]}`, `{"a":[{},null]}`},
	{"a number becomes an object without nulls", `{"a":1}`, `{"a":{"x":null,"y":{"z":null}}}`, `{"a":{"y":{}}}`},
	{"a null becomes an object without nulls", `{"a":null,"b":1}`, `{"a":{"x":null,"y":1}}`, `{"b":1,"a":{"y":1}}`},
	{"a null stays", `{"a":null}`, `{"b":1}`, `{"a":null,"b":1}`},
	{"a null is removed", `{"a":null}`, `{"a":null}`, `{}`},
	{"the last of two counts", `{"a":1}`, `{"a":{"x":1},"a":{"y":2}}`, `{"a":{"y":2}}`},
	{"names with escapes", `{"a\"b":1,"<":2}`, `{"a\u0022b":3,"\u003c":4}`, `{"a\u0022b":3,"\u003c":4}`},
	{"a text that is not null", `{}`, `{"a":{"b":"null"}}`, `{"a":{"b":"null"}}`},
	{"space", " { \"a\" : { \"b\" : 1 } } ", "{\n\t\"a\": {\"c\": [ 2 ]}\n}", `{"a" : {"b" : 1 ,"c": [ 2 ]}}`},
}

func TestMergePatch(t *testing.T) {
	for _, c := range mergePatches {
		t.Run(c.name, func(t *testing.T) {
			p, err := NewMergePatch([]byte(c.patch))
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // as after a lost race
				got, err := p.Apply(nil, []byte(c.object))
				if err != nil || string(got) != c.want {
					t.Fatalf("%s %v, want %s", got, err, c.want)
				}
			}
			compareMerged(t, []byte(c.object), []byte(c.patch))
		})
	}
}

// compareMerged holds the outcome against that of the library which upstream uses.
func compareMerged(t *testing.T, object, patch []byte) {
	t.Helper()
	want, err := jsonpatch.MergePatch(object, patch)
	if err != nil {
		return
	}
	p, err := NewMergePatch(patch)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Apply(nil, object)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	if err := json.Unmarshal(want, &b); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Fatalf("%s patched with %s is\n%s, want\n%s", object, patch, got, want)
	}
}

func FuzzMergePatch(f *testing.F) {
	for _, c := range mergePatches {
		f.Add([]byte(c.object), []byte(c.patch))
	}
	f.Add([]byte(podJSON), []byte(`{"metadata":{"annotations":{"touched":"1"},"labels":null},"spec":{"containers":[]}}`))
	f.Fuzz(func(t *testing.T, object, patch []byte) {
		// The object is one that was stored: a name is in it once.
		var was, is map[string]any
		if json.Unmarshal(object, &was) != nil || was == nil || json.Unmarshal(patch, &is) != nil || is == nil {
			return
		}
		object, err := json.Marshal(was)
		if err != nil {
			t.Fatal(err)
		}
		compareMerged(t, object, patch)
	})
}

// TestRemoveBesides: a field is left out besides what the patch says, unless the patch says something of it.
func TestRemoveBesides(t *testing.T) {
	const text = `{"a":1,"meta":{"x":1,"owned":[1,2],"y":2}}`
	for _, c := range []struct {
		patch, want string
		removed     bool
	}{
		{`{}`, `{"a":1,"meta":{"x":1,"y":2}}`, true},
		{`{"b":2}`, `{"a":1,"meta":{"x":1,"y":2},"b":2}`, true},
		{`{"meta":{"x":3}}`, `{"a":1,"meta":{"x":3,"y":2}}`, true},
		{`{"meta":{"owned":[]}}`, `{"a":1,"meta":{"x":1,"owned":[],"y":2}}`, false},
		{`{"meta":{"owned":null}}`, `{"a":1,"meta":{"x":1,"y":2}}`, false},
		{`{"meta":{"own\u0065d":[3]}}`, `{"a":1,"meta":{"x":1,"own\u0065d":[3],"y":2}}`, false},
		{`{"meta":null}`, `{"a":1}`, false},
		{`{"meta":5}`, `{"a":1,"meta":5}`, false},
	} {
		p, err := NewMergePatch([]byte(c.patch))
		if err != nil {
			t.Fatal(err)
		}
		if removed := p.Remove("meta", "owned"); removed != c.removed {
			t.Errorf("%s: removed %t", c.patch, removed)
		}
		got, err := p.Apply(nil, []byte(text))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v; want %s", c.patch, got, err, c.want)
		}
	}
}
