package main

import (
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// schemaOf makes a schema of properties, in the order of their names in order.
func schemaOf(props map[string]spec.M, order ...string) *spec.Schema {
	return &spec.Schema{Keys: spec.M{"type": "object"}, Order: order, Props: props}
}

func ref(name string) string { return "#/components/schemas/" + name }

func modelOf(schemas map[string]*spec.Schema) spec.Model {
	return spec.Model{"g/v1": &spec.Doc{File: "g/v1", Schemas: schemas}}
}

func TestDefaultsOfEveryForm(t *testing.T) {
	quantity := "../meta/v1.yaml#/components/schemas/Quantity"
	intOrString := "../meta/v1.yaml#/components/schemas/IntOrString"
	m := modelOf(map[string]*spec.Schema{
		"Leaf": schemaOf(map[string]spec.M{
			"text":    {"type": "string", "default": "a"},
			"number":  {"type": "integer", "format": "int32", "default": 3},
			"pointer": {"type": "boolean", "default": false, "x-ptr": true},
			"list":    {"type": "array", "items": spec.M{"type": "string"}, "default": []any{"x", "y"}},
			"share":   {"$ref": intOrString, "default": "25%", "x-ptr": true},
			"many":    {"type": "object", "additionalProperties": spec.M{"$ref": quantity}, "x-quantity-precision": "milli"},
			"zero":    {"type": "string", "default": ""},
		}, "text", "number", "pointer", "list", "share", "many", "zero"),
		"Tree": schemaOf(map[string]spec.M{
			"one":   {"$ref": ref("Leaf")},
			"maybe": {"$ref": ref("Leaf"), "x-ptr": true},
			"made":  {"$ref": ref("Leaf"), "x-ptr": true, "default": spec.M{}},
			"list":  {"type": "array", "items": spec.M{"$ref": ref("Leaf")}},
			"map":   {"type": "object", "additionalProperties": spec.M{"$ref": ref("Leaf")}},
			"bare":  {"$ref": ref("Bare")},
		}, "one", "maybe", "made", "list", "map", "bare"),
		"Bare": schemaOf(map[string]spec.M{"x": {"type": "string"}}, "x"),
	})
	out := output{}
	if err := writeDefaults(m, out); err != nil {
		t.Fatal(err)
	}
	got := string(out["types/g/v1/defaults.gen.go"])
	for _, want := range []string{
		"if in.Text == \"\" {\n\t\tin.Text = \"a\"", "if in.Number == 0 {\n\t\tin.Number = 3", "in.Pointer = new(bool)\n\t\t*in.Pointer = false",
		"if len(in.List) == 0 {\n\t\tin.List = []string{\"x\", \"y\"}", "*in.Share = intstr.FromString(\"25%\")", "q.RoundUp(resource.Milli)",
		"in.One.SetDefaults()", "if in.Maybe != nil {\n\t\tin.Maybe.SetDefaults()", "in.Made = &Leaf{}", "in.List[i].SetDefaults()", "in.Map[k] = v",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, unwanted := range []string{"in.Zero", "in.Bare", "*Bare)"} {
		if strings.Contains(got, unwanted) {
			t.Errorf("%q in\n%s", unwanted, got)
		}
	}
}

// A schema that contains itself ends the search for defaults.
func TestDefaultsOfRecursiveSchemas(t *testing.T) {
	m := modelOf(map[string]*spec.Schema{
		"A": schemaOf(map[string]spec.M{"b": {"$ref": ref("B"), "x-ptr": true}}, "b"),
		"B": schemaOf(map[string]spec.M{"a": {"$ref": ref("A"), "x-ptr": true}, "text": {"type": "string", "default": "x"}}, "a", "text"),
		"C": schemaOf(map[string]spec.M{"c": {"$ref": ref("C"), "x-ptr": true}}, "c"),
	})
	with := schemasWithDefaults(m)
	if !with["g/v1#A"] || !with["g/v1#B"] || with["g/v1#C"] {
		t.Errorf("got %v", with)
	}
}

func TestDefaultsThatCannotBe(t *testing.T) {
	for _, p := range []spec.M{
		{"type": "boolean", "default": true},
		{"$ref": ref("A"), "x-ptr": true, "default": spec.M{"b": 1}},
		{"type": "array", "items": spec.M{"type": "integer", "format": "int32"}, "default": []any{1}},
	} {
		m := modelOf(map[string]*spec.Schema{"A": schemaOf(map[string]spec.M{"a": p}, "a")})
		if err := writeDefaults(m, output{}); err == nil || !strings.Contains(err.Error(), "openapi/g/v1.yaml: A: a:") {
			t.Errorf("%v: got %v", p, err)
		}
	}
}
