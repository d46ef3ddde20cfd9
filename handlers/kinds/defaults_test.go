package kinds

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// The files in testdata hold what upstream makes of an object that it only reads and writes: one of every kind with
// nothing but a name, some with parts taken away at random, and some for each value that depends on another.
func TestDefaultsAreTheOriginals(t *testing.T) {
	files, err := filepath.Glob("testdata/defaults/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []struct{ Given, Want json.RawMessage }
		if err := json.Unmarshal(b, &cases); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range cases {
			sameDefaults(t, file, c.Given, c.Want)
		}
	}
}

func sameDefaults(t *testing.T, file string, given, want []byte) {
	t.Helper()
	var meta metav1.TypeMeta
	if err := json.Unmarshal(given, &meta); err != nil {
		t.Fatal(err)
	}
	gvk := schema.FromAPIVersionAndKind(meta.APIVersion, meta.Kind)
	newKind := resources.Kinds[gvk]
	if newKind == nil {
		t.Errorf("%s: %v is not a kind", file, gvk)
		return
	}
	o, ok := newKind().(object.Object)
	if !ok {
		t.Errorf("%v is not an object", gvk)
		return
	}
	if err := json.Unmarshal(given, o); err != nil {
		t.Fatalf("%s: %v: %v", file, gvk, err)
	}
	fill := Default(gvk)
	if fill == nil {
		fill = func(object.Object) {}
	}
	fill(o)
	var expected any
	if err := json.Unmarshal(want, &expected); err != nil {
		t.Fatal(err)
	}
	if got := plain(t, o); !reflect.DeepEqual(got, clean(expected)) {
		t.Errorf("%s\ngiven %s\n got  %s\n want %s", file, given, text(t, got), text(t, clean(expected)))
	}
	once := object.Copy(o)
	fill(o)
	if !reflect.DeepEqual(once, o) {
		t.Errorf("%s: defaulting %s again changes it", file, given)
	}
}

func plain(t *testing.T, o any) any {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var x any
	if err := json.Unmarshal(b, &x); err != nil {
		t.Fatal(err)
	}
	return clean(x)
}

// clean drops what encoders write differently for "nothing here".
func clean(x any) any {
	switch x := x.(type) {
	case map[string]any:
		for k, v := range x {
			x[k] = clean(v)
		}
		maps.DeleteFunc(x, func(k string, v any) bool { return v == nil || k == "creationTimestamp" })
	case []any:
		for i := range x {
			x[i] = clean(x[i])
		}
	}
	return x
}

func text(t *testing.T, x any) string {
	b, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDefaultOfUnknownKind(t *testing.T) {
	if Default(schema.GroupVersionKind{Group: "example.dev", Version: "v1", Kind: "Widget"}) != nil {
		t.Error("a kind that is not built in has defaults")
	}
}
