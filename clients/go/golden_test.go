package kube_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	kube "github.com/gatehouse-dev/gatehouse/clients/go"
	"github.com/gatehouse-dev/gatehouse/clients/go/types"
)

// TestGolden reads and writes every object of the golden scripts, and a full one of each kind: they come out as they were. With a
// field and a value that nobody knows in every object of them, too.
func TestGolden(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := types.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(server(t).golden)
	if err != nil {
		t.Fatal(err)
	}
	known := map[schema.GroupVersionKind]int{}
	for line := range bytes.Lines(file) {
		var what struct{ Kind, APIVersion string }
		if err := json.Unmarshal(line, &what); err != nil {
			t.Fatal(err)
		}
		gvk := schema.FromAPIVersionAndKind(what.APIVersion, what.Kind)
		if !scheme.Recognizes(gvk) {
			continue
		}
		object, err := scheme.New(gvk)
		if err != nil {
			t.Fatal(err)
		}
		if _, ours := reflect.TypeOf(object).Elem().FieldByName("Unknown"); !ours {
			continue // one of apimachinery's, such as Status
		}
		known[gvk]++
		if got, want := roundTrip(t, line, object), asJSON(t, json.RawMessage(line)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is read and written as\n%s\nwant\n%s", gvk, text(t, got), line)
		}
		fresh, err := scheme.New(gvk)
		if err != nil {
			t.Fatal(err)
		}
		want := strange(asJSON(t, json.RawMessage(line)), reflect.TypeOf(object), false)
		if got := roundTrip(t, []byte(text(t, want)), fresh); !reflect.DeepEqual(got, want) {
			t.Errorf("%s with what nobody knows is read and written as\n%s\nwant\n%s", gvk, text(t, got), text(t, want))
		}
	}
	if len(known) < 150 {
		t.Errorf("only %d kinds", len(known))
	}
}

// strange adds a field to the JSON of every struct of ours, and of every struct of apimachinery's that is no element of a list: to
// all that are kept.
func strange(v any, t reflect.Type, element bool) any {
	switch t.Kind() {
	case reflect.Pointer:
		return strange(v, t.Elem(), element)
	case reflect.Slice:
		list, _ := v.([]any)
		for i := range list {
			list[i] = strange(list[i], t.Elem(), true)
		}
	case reflect.Map:
		object, _ := v.(map[string]any)
		for k := range object {
			object[k] = strange(object[k], t.Elem(), true)
		}
	case reflect.Struct:
		object, ok := v.(map[string]any)
		if _, opaque := reflect.New(t).Interface().(json.Unmarshaler); opaque || !ok {
			return v
		}
		strangeFields(object, t)
		if _, ours := t.FieldByName("Unknown"); ours || !element {
			object["newField"] = map[string]any{"deep": []any{1.0, nil, "new"}}
		}
	}
	return v
}

func strangeFields(object map[string]any, t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if value, ok := object[name]; ok {
			object[name] = strange(value, f.Type, false)
		} else if f.Anonymous && name == "" {
			strangeFields(object, f.Type)
		}
	}
}

func roundTrip(t *testing.T, data []byte, object any) any {
	t.Helper()
	if err := kube.Decode(data, object); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	out, err := kube.Encode(object)
	if err != nil {
		t.Fatal(err)
	}
	return asJSON(t, json.RawMessage(out))
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
