package schema

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	kschema "k8s.io/apimachinery/pkg/runtime/schema"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var gadget = kschema.GroupVersionKind{Group: "shop.dev", Version: "v1", Kind: "Gadget"}

// gadgets has one of everything.
const gadgets = `{"type":"object","required":["spec"],"properties":{
"spec":{"type":"object","required":["size"],"properties":{
  "size":{"type":"integer","minimum":1,"maximum":9,"format":"int32"},
  "color":{"type":"string","default":"red","enum":["red","blue"]},
  "note":{"type":"string","nullable":true,"default":"none","maxLength":8},
  "when":{"type":"string","format":"date-time"},
  "port":{"x-kubernetes-int-or-string":true},
  "free":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
  "tags":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}},
  "parts":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],"items":{"type":"object","required":["name"],
    "properties":{"name":{"type":"string"},"count":{"type":"integer","default":1,"maximum":5}}}},
  "replicas":{"type":"integer"},
  "inner":{"type":"object","x-kubernetes-embedded-resource":true,"properties":{"spec":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}},
  "limits":{"type":"object","additionalProperties":{"type":"string","nullable":true}}},
  "x-kubernetes-validations":[{"rule":"!has(self.replicas) || self.replicas <= self.size","message":"too many replicas","fieldPath":".replicas","reason":"FieldValueForbidden"},
    {"rule":"self.size >= oldSelf.size","messageExpression":"'shrunk from ' + string(oldSelf.size)"}]},
"status":{"type":"object","properties":{"replicas":{"type":"integer","maximum":7}}}}}`

func parse(t testing.TB, text string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := utiljson.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return out
}

func textOf(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func newSchema(text string) *Schema {
	return NewPool().New(Options{Kind: gadget, Status: true, Text: func() ([]byte, error) { return []byte(text), nil },
		Scale: &Scale{SpecReplicas: ".spec.replicas", StatusReplicas: ".status.replicas"}})
}

// with is a gadget with a spec.
func with(spec string) string {
	return `{"apiVersion":"shop.dev/v1","kind":"Gadget","metadata":{"name":"a"},"spec":` + spec + `}`
}

func TestCoerce(t *testing.T) {
	s := newSchema(gadgets)
	for _, c := range []struct {
		sent, want string
		unknown    []string
		fault      string
		stored     bool
	}{
		{sent: with(`{"size":1}`), want: with(`{"color":"red","note":"none","size":1}`)},
		{sent: with(`{"size":null,"color":null,"note":null,"limits":{"a":null}}`), want: with(`{"color":"red","limits":{"a":null},"note":null}`)},
		{sent: with(`{"size":1,"x":1,"free":{"x":{"y":1}},"parts":[{"name":"a","z":2}]}`), unknown: []string{"spec.parts[0].z", "spec.x"},
			want: with(`{"color":"red","free":{"x":{"y":1}},"note":"none","parts":[{"count":1,"name":"a"}],"size":1}`)},
		{sent: `{"apiVersion":"shop.dev/v1","kind":"Gadget","metadata":{"name":"a","labels":{},"what":1},"spec":{"size":1}}`, unknown: []string{"metadata.what"},
			want: with(`{"color":"red","note":"none","size":1}`)},
		{sent: with(`{"inner":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b","huh":1},"spec":{"q":1},"z":1}}`), unknown: []string{"spec.inner.z", "spec.inner.metadata.huh"},
			want: with(`{"color":"red","inner":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b"},"spec":{"q":1}},"note":"none"}`)},
		{sent: with(`{"inner":{"apiVersion":1}}`), fault: `spec.inner.apiVersion: Invalid value: 1: must be a string`},
		{sent: `{"apiVersion":"shop.dev/v1","kind":"Gadget","metadata":{"name":1}}`, fault: "cannot unmarshal number into Go struct field ObjectMeta.name of type string"},
		{sent: `{"apiVersion":"shop.dev/v1","kind":"Gadget","metadata":{"name":"a","labels":{"x":1}},"spec":{}}`, stored: true,
			want: `{"apiVersion":"shop.dev/v1","kind":"Gadget","metadata":{"generation":1,"name":"a"},"spec":{"color":"red","note":"none"}}`},
		{sent: `{"apiVersion":"v1","kind":"DeleteOptions","x":1}`, want: `{"apiVersion":"v1","kind":"DeleteOptions","x":1}`},
	} {
		o := parse(t, c.sent)
		unknown, err := s.Coerce(o, Coercion{Track: true, Stored: c.stored})
		if (err != nil) != (c.fault != "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %v, want %s", c.sent, err, c.fault)
		}
		if err != nil {
			continue
		}
		if !slices.Equal(unknown, c.unknown) {
			t.Errorf("%s: unknown %q, want %q", c.sent, unknown, c.unknown)
		}
		if o["kind"] == gadget.Kind {
			s.Default(o)
		}
		if got := textOf(t, o); got != c.want {
			t.Errorf("%s:\n%s, want\n%s", c.sent, got, c.want)
		}
	}
}

func TestValidate(t *testing.T) {
	s := newSchema(gadgets)
	spec := func(text string) map[string]any { return parse(t, with(text)) }
	const unchecked = "<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"
	for _, c := range []struct {
		name   string
		w      Write
		want   []string
		warned []string
	}{
		{name: "good", w: Write{New: spec(`{"size":3,"color":"red"}`)}},
		{name: "kind", w: Write{New: parse(t, `{"apiVersion":"shop.dev/v2","kind":"Gizmo","metadata":{}}`)},
			want: []string{`kind: Invalid value: "Gizmo": must be Gadget`, `apiVersion: Invalid value: "shop.dev/v2": must be shop.dev/v1`}},
		{name: "schema", w: Write{New: spec(`{"color":"pink"}`)}, want: []string{
			`spec.color: Unsupported value: "pink": supported values: "red", "blue"`, `spec.size: Required value`, unchecked}},
		{name: "bounds", w: Write{New: spec(`{"size":10}`)}, want: []string{`spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9`}},
		{name: "scale", w: Write{New: spec(`{"size":3,"replicas":-1}`)}, want: []string{`.spec.replicas: Invalid value: -1: should be a non-negative integer`}},
		{name: "lists", w: Write{New: spec(`{"size":3,"tags":["a","a"],"parts":[{"name":"x"},{"name":"x"}]}`)},
			want: []string{`spec.tags[1]: Duplicate value: "a"`, `spec.parts[1]: Duplicate value: {"name":"x"}`}},
		{name: "lists as they were", w: Write{New: spec(`{"size":3,"tags":["a","a"]}`), Old: spec(`{"size":3,"tags":["a","a"]}`)}},
		{name: "embedded", w: Write{New: spec(`{"size":3,"inner":{"kind":"","metadata":{}}}`)}, want: []string{`spec.inner.apiVersion: Required value`, `spec.inner.kind: Invalid value: "": must not be empty`, unchecked}},
		{name: "rule", w: Write{New: spec(`{"size":3,"replicas":4}`)}, want: []string{`spec.replicas: Forbidden: too many replicas`}},
		{name: "rule of a change", w: Write{New: spec(`{"size":3}`), Old: spec(`{"size":4}`)}, want: []string{`spec: Invalid value: shrunk from 4`}},
		{name: "excused", w: Write{New: spec(`{"size":10,"replicas":12,"parts":[{"name":"x","count":6}]}`), Old: spec(`{"size":10,"replicas":12,"parts":[{"name":"x","count":6}]}`)},
			warned: []string{`spec.replicas: Forbidden: too many replicas`}},
		{name: "excused in a list", w: Write{New: spec(`{"size":3,"parts":[{"name":"y","count":6},{"name":"x","count":6}]}`), Old: spec(`{"size":3,"parts":[{"name":"x","count":6}]}`)},
			want: []string{`spec.parts[0].count: Invalid value: 6: spec.parts[0].count in body should be less than or equal to 5`}},
		{name: "status", w: Write{Status: true, New: parse(t, `{"apiVersion":"shop.dev/v1","kind":"Gadget","spec":{"size":99},"status":{"replicas":8}}`), Old: spec(`{"size":99}`)},
			want: []string{`status.replicas: Invalid value: 8: replicas in body should be less than or equal to 7`}},
		{name: "metadata", w: Write{New: spec(`{"size":3,"replicas":4}`), Found: field.ErrorList{field.Required(field.NewPath("metadata"), "")}}, want: []string{unchecked}},
	} {
		var warned, got []string
		c.w.Warn = func(text string) { warned = append(warned, text) }
		for _, f := range s.Validate(context.Background(), c.w) {
			got = append(got, f.Error())
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) || !reflect.DeepEqual(warned, c.warned) {
			t.Errorf("%s:\n%q, want\n%q; warned %q, want %q", c.name, got, c.want, warned, c.warned)
		}
	}
}
