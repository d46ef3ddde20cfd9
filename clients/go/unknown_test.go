package kube

import (
	"encoding/json"
	"reflect"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// shop is like a generated kind.
type shop struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              shopSpec `json:"spec,omitempty"`
	Unknown           Unknown  `json:"-"`
}

type shopSpec struct {
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
	Shelves  []shelf               `json:"shelves,omitempty"`
	ByName   map[string]shelf      `json:"byName,omitempty"`
	Front    *shelf                `json:"front,omitempty"`
	Unknown  Unknown               `json:"-"`
}

type shelf struct {
	Size    int64   `json:"size"`
	Unknown Unknown `json:"-"`
}

// TestUnknown: what the types do not know is read and written, moves with the struct it belongs to, and goes with it.
func TestUnknown(t *testing.T) {
	const in = `{"kind":"Shop","apiVersion":"v1","metadata":{"name":"a","mood":{"good":true}},"Spec":"another name","new":1.5,
		"spec":{"selector":{"matchLabels":{"a":"b"},"fuzzy":true},"shelves":[{"size":1,"wood":"oak"},{"size":9007199254740993,"wood":null}],"byName":{"x":{"size":3,"wood":"elm"}},"front":{"size":4,"wood":[1,{}]}}}`
	read := func(t *testing.T) *shop {
		t.Helper()
		var s shop
		if err := Decode([]byte(in), &s); err != nil {
			t.Fatal(err)
		}
		return &s
	}
	written := func(t *testing.T, s *shop) map[string]any {
		t.Helper()
		b, err := Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		var out map[string]any
		if err := json.Unmarshal(b, &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	var same map[string]any
	if err := json.Unmarshal([]byte(in), &same); err != nil {
		t.Fatal(err)
	}
	if got := written(t, read(t)); !reflect.DeepEqual(got, same) {
		t.Errorf("got  %v\nwant %v", got, same)
	}
	if got := read(t).Spec.Shelves[1].Size; got != 9007199254740993 {
		t.Errorf("a large number is read as %d", got)
	}

	s := read(t)
	s.Spec.Shelves = []shelf{s.Spec.Shelves[1], {Size: 7}, s.Spec.Shelves[0]}
	s.Spec.Front, s.Spec.Selector = nil, nil
	delete(s.Unknown, "new")
	s.Spec.ByName["y"] = shelf{Size: 5}
	spec := written(t, s)["spec"].(map[string]any)
	want := map[string]any{
		"shelves": []any{map[string]any{"size": float64(9007199254740993), "wood": nil}, map[string]any{"size": 7.0}, map[string]any{"size": 1.0, "wood": "oak"}},
		"byName":  map[string]any{"x": map[string]any{"size": 3.0, "wood": "elm"}, "y": map[string]any{"size": 5.0}},
	}
	if !reflect.DeepEqual(spec, want) {
		t.Errorf("got  %v\nwant %v", spec, want)
	}

	var plain shop
	if err := Decode([]byte(`{"kind":"Shop","metadata":{"name":"a"},"spec":{"front":{"size":1}}}`), &plain); err != nil {
		t.Fatal(err)
	}
	if hasUnknown(reflect.ValueOf(&plain)) || plain.Unknown != nil || plain.Spec.Front.Unknown != nil {
		t.Errorf("something is unknown in %v", plain)
	}
	if err := Decode([]byte(`{"spec":[]}`), &plain); err == nil {
		t.Error("a list is taken for a struct")
	}
}

// TestApplied: structs that cannot be left out are not applied when nothing is in them.
func TestApplied(t *testing.T) {
	row := &Row{Version: "v1", Resource: "shops", Kind: "Shop"}
	for _, c := range []struct {
		name string
		of   any
		want string
	}{
		{"an empty spec", &shop{ObjectMeta: metav1.ObjectMeta{Name: "a"}}, `{"apiVersion":"v1","kind":"Shop","metadata":{"name":"a"}}`},
		{"a part", &shop{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: shopSpec{Front: &shelf{}}}, `{"apiVersion":"v1","kind":"Shop","metadata":{"name":"a"},"spec":{"front":{"size":0}}}`},
		{"a map", map[string]any{"metadata": map[string]any{"name": "a"}, "spec": map[string]any{}}, `{"kind":"Shop","apiVersion":"v1","metadata":{"name":"a"},"spec":{}}`},
		{"nothing", map[string]any{}, `{"kind":"Shop","apiVersion":"v1"}`},
		{"yaml", "kind: Other\nspec: {}", `{"apiVersion":"v1","kind":"Other","spec":{}}`},
	} {
		got, err := applied(c.of, row)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !sameJSON(t, string(got), c.want) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for _, bad := range []any{"{", "[]", 3, []byte("a: [")} {
		if got, err := applied(bad, row); err == nil {
			t.Errorf("%v is applied as %s", bad, got)
		}
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}
