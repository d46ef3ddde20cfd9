package main

import (
	"encoding/json"
	"reflect"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// TestPublishedProperty has the published form of properties as they are written.
func TestPublishedProperty(t *testing.T) {
	m, d := small()
	d.Schemas["Part"] = &spec.Schema{Keys: spec.M{"type": "object"}, Props: map[string]spec.M{"a": {"type": "string"}}}
	m = withMeta(m)
	m[metaFile].Schemas["Time"] = &spec.Schema{Keys: spec.M{"type": "string", "format": "date-time"}, Props: map[string]spec.M{}}
	p := publisher{model: m}
	const part, time = `"$ref": "#/components/schemas/io.k8s.things.my.v1.Part"`, `"$ref": "#/components/schemas/meta.Time"`
	for _, c := range []struct {
		name, property string
		required       bool
		want           string
	}{
		{"optional text", "{type: string, x-proto: 1}", false, `{"type": "string"}`},
		{"required text is never absent", "{type: string, x-proto: 1}", true, `{"type": "string", "default": ""}`},
		{"required number", "{type: integer, format: int32}", true, `{"type": "integer", "format": "int32", "default": 0}`},
		{"required pointer", "{type: boolean, x-ptr: true}", true, `{"type": "boolean"}`},
		{"required and left out when empty", "{type: string, x-omitempty: true}", true, `{"type": "string"}`},
		{"optional and always written", "{type: string, x-omitempty: false}", false, `{"type": "string", "default": ""}`},
		{"bytes have no zero", "{type: string, format: byte}", true, `{"type": "string", "format": "byte"}`},
		{"its own default", "{type: string, default: a}", true, `{"type": "string", "default": "a"}`},
		{"constraints stay", "{type: string, maxLength: 3, pattern: a, x-go-name: A}", false, `{"type": "string", "maxLength": 3, "pattern": "a"}`},
		{"an enum is sorted", "{type: string, enum: [b, c, a]}", false, `{"type": "string", "enum": ["a", "b", "c"]}`},
		{"extensions that clients know", "{type: object, x-kubernetes-map-type: atomic}", false, `{"type": "object", "x-kubernetes-map-type": "atomic"}`},
		{"a struct", "{$ref: '#/components/schemas/Part'}", false, `{"allOf": [{` + part + `}], "default": {}}`},
		{"a pointer to a struct", "{$ref: '#/components/schemas/Part', x-ptr: true}", false, `{"allOf": [{` + part + `}]}`},
		{"a value", "{$ref: ../meta/v1.yaml#/components/schemas/Time}", false, `{"allOf": [{` + time + `}]}`},
		{"a list of structs", "{type: array, items: {$ref: '#/components/schemas/Part'}}", true, `{"type": "array", "items": {"allOf": [{` + part + `}], "default": {}}}`},
		{"a list of values", "{type: array, items: {$ref: ../meta/v1.yaml#/components/schemas/Time}}", false, `{"type": "array", "items": {` + time + `}}`},
		{"a map of texts", "{type: object, additionalProperties: {type: string}}", false, `{"type": "object", "additionalProperties": {"type": "string", "default": ""}}`},
		{"an enum of items", "{type: array, items: {type: string}, x-items-enum: [b, a]}", false, `{"type": "array", "items": {"type": "string", "default": "", "enum": ["a", "b"]}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var property spec.M
			if err := yaml.Unmarshal([]byte(c.property), &property); err != nil {
				t.Fatal(err)
			}
			b, err := json.Marshal(p.property(property, d.File, c.required, false))
			if err != nil {
				t.Fatal(err)
			}
			var got, want any
			if err := json.Unmarshal(b, &got); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(c.want), &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %s, want %s", b, c.want)
			}
		})
	}
}

// TestNameTwice: two schemas with one published name would hide each other.
func TestNameTwice(t *testing.T) {
	m, d := small(spec.Resource{Name: "things", Kind: "Thing", Verbs: []string{"get"}})
	d.Schemas["Other"] = &spec.Schema{Keys: spec.M{"x-model": m.PublishedName(d.File, "Thing")}, Props: map[string]spec.M{}}
	if _, err := publishedDocuments(withMeta(m), nil); err == nil {
		t.Error("no error")
	}
}
