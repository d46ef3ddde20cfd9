package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// schemaPrefix is how a document refers to its schemas.
const schemaPrefix = "#/components/schemas/"

// schema refers to a schema by its published name.
func (p *publisher) schema(file, name string) spec.M {
	return spec.M{"$ref": schemaPrefix + p.model.PublishedName(file, name)}
}

// references replaces the references between files of the model by published names, at any depth.
func (p *publisher) references(x any, file string) any {
	switch t := x.(type) {
	case spec.M:
		if r, ok := t["$ref"].(string); ok {
			return p.schema(spec.Ref(r, file))
		}
		out := spec.M{}
		for k, v := range t {
			out[k] = p.references(v, file)
		}
		return out
	case []any:
		out := make([]any, len(t))
		for i := range t {
			out[i] = p.references(t[i], file)
		}
		return out
	}
	return x
}

// published says whether a key of the model is part of the documents: OpenAPI's own keys and the extensions that clients
// know. The short x- keys speak to generators only.
func published(key string) bool {
	return !strings.HasPrefix(key, "x-") || strings.HasPrefix(key, "x-kubernetes-")
}

// zeroValues are the defaults of properties that are always written: not a pointer and not left out when empty.
var zeroValues = map[any]any{"string": "", "integer": 0, "number": 0, "boolean": false}

// property is the published form of a property. always says that it is required or an element, so never absent.
//
// References stand in an allOf, because keys beside a $ref are ignored by OpenAPI 3.0 and a description is added when the
// documents are served.
func (p *publisher) property(c spec.M, file string, always, element bool) spec.M {
	out := spec.M{}
	for k, v := range c {
		switch {
		case k == "items" || k == "additionalProperties":
			s, ok := v.(spec.M)
			if !ok {
				out[k] = v
				continue
			}
			if values, ok := c["x-items-enum"].([]any); ok {
				s = maps.Clone(s)
				s["enum"] = values
			}
			out[k] = p.property(s, file, true, true)
		case k == "enum":
			out[k] = sorted(v)
		case k == "$ref" || !published(k):
		default:
			out[k] = p.references(v, file)
		}
	}
	if r, ok := c["$ref"].(string); ok {
		target, name := spec.Ref(r, file)
		object := p.isObject(target, name)
		if _, ok := out["default"]; !ok && object && (element || c["x-ptr"] != true) {
			out["default"] = spec.M{}
		}
		if element && len(out) == 0 {
			return p.schema(target, name)
		}
		out["allOf"] = []any{p.schema(target, name)}
		return out
	}
	if omit, ok := c["x-omitempty"].(bool); ok {
		always = !omit
	}
	if _, ok := out["default"]; !ok && (element || c["x-ptr"] != true && always) && c["format"] != "byte" {
		if zero, ok := zeroValues[c["type"]]; ok {
			out["default"] = zero
		}
	}
	return out
}

// sorted is a list of values in the order in which they are published. The model has them in the order in which people think
// of them.
func sorted(values any) any {
	list, ok := values.([]any)
	if !ok {
		return values
	}
	return slices.SortedFunc(slices.Values(list), func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
}

// isObject says whether a schema is a struct, whose default is an empty object, and not a value of its own kind like a time.
func (p *publisher) isObject(file, name string) bool {
	return !p.model.IsValue(file, name)
}

// namedSchema is the published form of a schema. In the document of a group-version, kinds that exist in every group, such
// as DeleteOptions, carry that group as well.
func (p *publisher) namedSchema(file, name string, gv spec.GroupVersion) spec.M {
	d := p.model[file]
	s := d.Schemas[name]
	out := spec.M{}
	for k, v := range s.Keys {
		switch {
		case (k == "items" || k == "additionalProperties") && !isBool(v):
			out[k] = p.property(v.(spec.M), file, true, true)
		case published(k):
			out[k] = p.references(v, file)
		}
	}
	if s.Keys["x-kind"] == true || s.Keys["x-kind-everywhere"] == true {
		version := d.GV.Version
		if version == "" {
			version = "v1" // the kinds of meta are known as v1 of the core group
		}
		gvks := []any{spec.M{"group": d.GV.Group, "version": version, "kind": name}}
		if s.Keys["x-kind-everywhere"] == true && gv.Group != "" {
			gvks = append(gvks, spec.M{"group": gv.Group, "version": gv.Version, "kind": name})
		}
		out["x-kubernetes-group-version-kind"] = gvks
	}
	if len(s.Props) > 0 {
		props, required := spec.M{}, s.Required()
		for k, c := range s.Props {
			props[k] = p.property(c, file, required[k], false)
		}
		out["properties"] = props
	}
	return out
}

func isBool(v any) bool {
	_, ok := v.(bool)
	return ok
}

// closure is the schemas that the paths of a document need, directly or through other schemas.
func (p *publisher) closure(paths any, gv spec.GroupVersion) (spec.M, error) {
	byName := map[string]schemaName{}
	for file, d := range p.model {
		for name := range d.Schemas {
			published := p.model.PublishedName(file, name)
			if other, ok := byName[published]; ok {
				return nil, fmt.Errorf("%s and %s are both published as %s", other, file+" "+name, published)
			}
			byName[published] = schemaName{file, name}
		}
	}
	used := spec.M{}
	var visit func(x any) error
	visit = func(x any) error {
		switch t := x.(type) {
		case map[string]spec.M:
			for _, k := range slices.Sorted(maps.Keys(t)) {
				if err := visit(t[k]); err != nil {
					return err
				}
			}
		case spec.M:
			if r, ok := t["$ref"].(string); ok {
				name := strings.TrimPrefix(r, schemaPrefix)
				s, ok := byName[name]
				if !ok {
					return fmt.Errorf("nothing is published as %s", name)
				}
				if used[name] != nil {
					return nil
				}
				used[name] = p.namedSchema(s.File, s.Name, gv)
				return visit(used[name])
			}
			for _, k := range slices.Sorted(maps.Keys(t)) {
				if err := visit(t[k]); err != nil {
					return err
				}
			}
		case []any:
			for _, v := range t {
				if err := visit(v); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return used, visit(paths)
}

func (s schemaName) String() string { return s.File + " " + s.Name }
