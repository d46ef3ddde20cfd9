package main

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

func TestPropertyTag(t *testing.T) {
	m := modelOf(map[string]*spec.Schema{
		"Judged": schemaOf(map[string]spec.M{"a": {"type": "string", "format": "dns-label"}}, "a"),
		"Named":  {Keys: spec.M{"type": "object", "x-rules": []any{"toleration"}}, Props: map[string]spec.M{"a": {"type": "string"}}, Order: []string{"a"}},
		"Free":   schemaOf(map[string]spec.M{"a": {"type": "string"}}, "a"),
	})
	with := schemasWithRules(m)
	text := func(more spec.M) spec.M {
		p := spec.M{"type": "string"}
		for k, v := range more {
			p[k] = v
		}
		return p
	}
	selector := "../meta/v1.yaml#/components/schemas/LabelSelector"
	for _, c := range []struct {
		name     string
		p        spec.M
		required bool
		want     string
	}{
		{"nothing", text(nil), false, "-"},
		{"optional text", text(spec.M{"format": "dns-label"}), false, "omitempty,dns-label"},
		{"text that the API requires", text(spec.M{"format": "dns-label"}), true, "dns-label"},
		{"text with a default", text(spec.M{"format": "dns-label", "default": ""}), false, "dns-label"},
		{"text that must be there", text(spec.M{"x-required": true, "maxLength": 5}), false, "filled,maxlength=5"},
		{"a detail for what is missing", text(spec.M{"x-rules": []any{"filled=term"}}), false, "filled=term"},
		{"enum in the model's order", text(spec.M{"enum": []any{"B", "A", ""}}), true, "enum=B A ''"},
		{"enum for readers", text(spec.M{"enum": []any{"B"}, "x-open": true}), true, "-"},
		{"pattern", text(spec.M{"pattern": "^(a|b){1,2}$"}), true, "pattern=^(a0x7Cb){10x2C2}$"},
		{"Go's own format", spec.M{"type": "integer", "format": "int32"}, false, "-"},
		{"pointer", spec.M{"type": "integer", "minimum": 0, "x-ptr": true}, true, "omitempty,atleast=0"},
		{"pointer that must be there", spec.M{"type": "integer", "minimum": 1, "maximum": 9, "x-ptr": true, "x-required": true}, false, "present,between=1 9"},
		{"list", spec.M{"type": "array", "maxItems": 3, "x-unique": "name", "items": spec.M{"$ref": ref("Judged")}}, false, "omitempty,maxitems=3,unique=name,dive"},
		{"list without repetition", spec.M{"type": "array", "items": spec.M{"type": "string"}, "x-unique": true}, false, "omitempty,unique=."},
		{"bounds of a text", text(spec.M{"minLength": 1, "maxLength": 2}), true, "minlength=1,maxlength=2"},
		{"bounds of a map", spec.M{"type": "object", "additionalProperties": spec.M{"type": "string"}, "maxProperties": 4}, false, "omitempty,maxitems=4"},
		{"bounds of a list", spec.M{"type": "array", "items": spec.M{"type": "string"}, "minItems": 1, "maxItems": 2}, true, "minitems=1,maxitems=2"},
		{"list of texts", spec.M{"type": "array", "items": spec.M{"type": "string", "format": "ip"}}, false, "dive,ip"},
		{"list of free structs", spec.M{"type": "array", "items": spec.M{"$ref": ref("Free")}}, false, "-"},
		{"list of named structs", spec.M{"type": "array", "items": spec.M{"$ref": ref("Named"), "x-rules": []any{"more"}}}, false, "dive,more,toleration"},
		{"items enum", spec.M{"type": "array", "items": spec.M{"type": "string"}, "x-items-enum": []any{"A"}}, false, "dive,enum=A"},
		{"map", spec.M{"type": "object", "additionalProperties": spec.M{"type": "string"}, "x-keys": "config-key"}, false, "omitempty,map=config-key"},
		{"struct", spec.M{"$ref": ref("Judged")}, true, ""},
		{"pointer to a struct", spec.M{"$ref": ref("Judged"), "x-ptr": true}, false, "omitempty"},
		{"struct with a rule", spec.M{"$ref": ref("Named")}, false, "toleration"},
		{"apimachinery's struct", spec.M{"$ref": selector, "x-ptr": true, "x-format": "selector"}, false, "omitempty,selector,nostructlevel"},
	} {
		if got := propertyTag(m, with, c.p, "g/v1", c.required); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAddRules(t *testing.T) {
	kind := schemaOf(map[string]spec.M{
		"kind":     {"type": "string"},
		"metadata": {"$ref": "../meta/v1.yaml#/components/schemas/ObjectMeta", "x-go-name": "ObjectMeta"},
		"name":     {"type": "string", "pattern": `^"\d$`, "x-immutable": true},
		"status":   {"type": "string", "format": "dns-label"},
	}, "kind", "metadata", "name", "status")
	kind.Keys["x-kind"] = true
	m := modelOf(map[string]*spec.Schema{"Kind": kind})
	d := document(m["g/v1"], nil)
	addRules(m, m["g/v1"], d)
	props := d["components"].(spec.M)["schemas"].(spec.M)["Kind"].(spec.M)["properties"].(spec.M)
	tag := func(p, key string) any {
		tags, _ := props[p].(spec.M)["x-oapi-codegen-extra-tags"].(spec.M)
		return tags[key]
	}
	for _, c := range []struct {
		property, key string
		want          any
	}{
		{"kind", "validate", nil}, {"metadata", "validate", nil}, // embedded: embedMeta tags them
		{"name", "validate", `omitempty,pattern=^\"\\d$`}, {"name", "update", "immutable"},
		{"status", "validate", "-"}, {"status", "update", nil},
	} {
		if got := tag(c.property, c.key); got != c.want {
			t.Errorf("%s of %s: got %v, want %v", c.key, c.property, got, c.want)
		}
	}
	if f := props["status"].(spec.M)["format"]; f != nil {
		t.Errorf("format %v would become a Go type", f)
	}
}
