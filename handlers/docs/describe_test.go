package docs

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/gen/openapi"
)

// Everything that is served is described: a new type needs words, from its SwaggerDoc() or from ours.
func TestEverythingIsDescribed(t *testing.T) {
	var doc object
	if err := json.Unmarshal(get(t, NewOpenAPI(builtIn()), "/openapi/v2").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	missing := func(where string, o object) {
		if words, _ := o["description"].(string); words == "" {
			t.Errorf("%s has no description", where)
		}
	}
	for model, s := range child(doc, "definitions") {
		missing(model, s.(object))
		for name := range child(s.(object), "properties") {
			missing(model+" "+name, child(child(s.(object), "properties"), name))
		}
	}
	for name := range child(doc, "parameters") {
		missing("parameter "+name, child(child(doc, "parameters"), name))
	}
	for path, item := range child(doc, "paths") {
		for method, op := range item.(object) {
			if op, ok := op.(object); ok {
				missing(method+" "+path, op)
			}
		}
	}
}

// Words for something that is not there are words that somebody keeps in order for nothing.
func TestNoWordsAreIdle(t *testing.T) {
	there := map[string]object{}
	parameters, actions := map[string]bool{}, map[string]bool{}
	note := func(list any) {
		l, _ := list.([]any)
		for _, p := range l {
			parameters[p.(object)["name"].(string)] = true
		}
	}
	for _, path := range openapi.Paths() {
		b, err := openapi.Document(path)
		if err != nil {
			t.Fatal(err)
		}
		var doc object
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Fatal(err)
		}
		for model, s := range child(child(doc, "components"), "schemas") {
			there[model] = s.(object)
		}
		for _, item := range child(doc, "paths") {
			note(item.(object)["parameters"])
			for _, op := range item.(object) {
				if op, ok := op.(object); ok {
					note(op["parameters"])
					action, _ := op["x-kubernetes-action"].(string)
					actions[action] = true
				}
			}
		}
	}
	for model, words := range modelWords {
		for name := range words {
			if there[model] == nil || name != "" && child(there[model], "properties")[name] == nil {
				t.Errorf("%s %q is not there", model, name)
			}
		}
	}
	for name := range parameterWords {
		if !parameters[name] {
			t.Errorf("no parameter %s", name)
		}
	}
	for name := range actionWords {
		if !actions[name] {
			t.Errorf("no action %s", name)
		}
	}
}

type inner struct {
	B string `json:"b"`
	C string `json:"c"`
}

func (inner) SwaggerDoc() map[string]string {
	return map[string]string{"": "inner", "b": "inner b", "c": "inner c"}
}

type outer struct {
	inner `json:",inline"`
	A     *inner `json:"a"`
	B     string `json:"b"`
}

func (outer) SwaggerDoc() map[string]string {
	return map[string]string{"": "outer", "a": "outer a", "b": "outer b"}
}

func TestDescribe(t *testing.T) {
	doc := object{"components": object{"schemas": object{"x.Outer": object{"properties": object{
		"a": object{"$ref": "#/x"},
		"b": object{"type": "string", "enum": []any{"z", "a"}},
		"c": object{"type": "string", "description": "its own"},
		"d": object{"type": "string"},
	}}}}}
	describer{func(model string) any {
		if model == "x.Outer" {
			return outer{}
		}
		return nil
	}}.document(doc)
	s := child(child(child(doc, "components"), "schemas"), "x.Outer")
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"description":"outer","properties":{"a":{"allOf":[{"$ref":"#/x"}],"description":"outer a"},` +
		`"b":{"description":"outer b","enum":["a","z"],"type":"string"},"c":{"description":"its own","type":"string"},"d":{"type":"string"}}}`
	if string(b) != want {
		t.Errorf("got %s\nwant %s", b, want)
	}
}

func TestRevision(t *testing.T) {
	d := describer{}
	if a, b := d.revision(), d.revision(); a != b || len(a) != 64 || strings.Trim(a, "0123456789abcdef") != "" {
		t.Error(a, b)
	}
	before := d.revision()
	old := Commit
	Commit = "another"
	defer func() { Commit = old }()
	if d.revision() == before {
		t.Error("another build has the same revision")
	}
}
