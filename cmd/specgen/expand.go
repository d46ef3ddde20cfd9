package main

import (
	"maps"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// element is the schema of an array's items or a map's values; nil for anything else.
func element(p spec.M) spec.M {
	if m, ok := p["items"].(spec.M); ok {
		return m
	}
	m, _ := p["additionalProperties"].(spec.M)
	return m
}

// expandProperty turns a property of the model into what oapi-codegen understands: constraints are dropped (an enum would
// become a Go type per property), references to apimachinery's types become x-go-type, pointers are made explicit.
func expandProperty(p spec.M, file string, required bool) spec.M {
	out := spec.M{}
	if ref, ok := p["$ref"].(string); ok {
		if g, ok := spec.External(spec.Ref(ref, file)); ok {
			out["type"] = "object"
			out["x-go-type"] = g.String()
			out["x-go-type-import"] = spec.M{"path": g.Import, "name": g.Alias}
		} else {
			out["$ref"] = ref
		}
	}
	for _, k := range []string{"type", "format", "x-go-name", "x-omitempty", "x-omitzero"} {
		if v, ok := p[k]; ok {
			out[k] = v
		}
	}
	for _, k := range []string{"items", "additionalProperties"} {
		if v, ok := p[k].(spec.M); ok {
			out[k] = expandProperty(v, file, true)
		}
	}
	if p["x-ptr"] == true {
		if _, ok := out["x-omitempty"]; !ok && required {
			out["x-omitempty"] = false
		}
		out["x-go-type-skip-optional-pointer"] = false
	}
	addTags(out, patchTags(p))
	return out
}

// patchTags are the struct tags by which apimachinery's strategic merge patch learns how a list is merged.
func patchTags(p spec.M) map[string]string {
	tags := map[string]string{}
	if s, ok := p["x-kubernetes-patch-strategy"].(string); ok {
		tags["patchStrategy"] = s
	}
	if s, ok := p["x-kubernetes-patch-merge-key"].(string); ok {
		tags["patchMergeKey"] = s
	}
	return tags
}

// addTags adds struct tags to what an expanded property has already.
func addTags(property spec.M, tags map[string]string) {
	if len(tags) == 0 {
		return
	}
	all, _ := property["x-oapi-codegen-extra-tags"].(spec.M)
	if all == nil {
		all = spec.M{}
		property["x-oapi-codegen-extra-tags"] = all
	}
	for k, v := range tags {
		all[k] = v
	}
}

// expandSchema turns a schema of the model into what oapi-codegen understands.
func expandSchema(file, name string, s *spec.Schema) spec.M {
	if len(s.Props) == 0 {
		switch {
		case s.Any():
			return spec.M{"type": "object", "x-go-type": "json.RawMessage"}
		case s.Keys["type"] == "object":
			return spec.M{"type": "object", "x-go-type": "struct{}"}
		}
		return maps.Clone(s.Keys)
	}
	required := s.Required()
	var left []string
	props := spec.M{}
	for i, p := range s.Order {
		if required[p] && s.Props[p]["x-ptr"] != true {
			left = append(left, p)
		}
		q := expandProperty(s.Props[p], file, required[p])
		q["x-order"] = i + 1
		props[p] = q
	}
	out := spec.M{"type": "object", "properties": props}
	if left != nil {
		out["required"] = left
	}
	if s.Keys["x-kind"] == true {
		out["x-kind"] = true
	}
	return out
}

// document is the OpenAPI document of one file with the given paths.
func document(d *spec.Doc, paths map[string]spec.M) spec.M {
	schemas := spec.M{}
	for name, s := range d.Schemas {
		schemas[name] = expandSchema(d.File, name, s)
	}
	if paths == nil {
		paths = map[string]spec.M{}
	}
	return spec.M{"openapi": "3.0.3", "info": spec.M{"title": d.File, "version": "v1.36"}, "paths": paths, "components": spec.M{"schemas": schemas}}
}

// goName is the Go name of a property.
func goName(property string, p spec.M) string {
	if n, ok := p["x-go-name"].(string); ok {
		return n
	}
	return title(property)
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
