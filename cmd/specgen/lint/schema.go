package lint

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// schema checks a named schema.
func (c *checker) schema(name string, node *yaml.Node) {
	if node.Kind != yaml.MappingNode {
		if node.Tag != "!!null" { // nothing at all means any value
			c.report(node, "schema %s is not a mapping", name)
		}
		return
	}
	c.keys(node, "schema "+name, func(k key) bool { return k.schema })
	for k, v := range pairs(node) {
		if k == "items" || k == "additionalProperties" {
			c.property(name, v)
		}
	}
	props := get(node, "properties")
	for _, r := range list(get(node, "required")) {
		if get(props, r.Value) == nil {
			c.report(r, "%s requires %q, which is none of its properties", name, r.Value)
		}
	}
	c.protoNumbers(name, node, props)
	goNames := map[string]string{}
	for p, n := range pairs(props) {
		c.property(name+"."+p, n)
		goName := strings.ToUpper(p[:1]) + p[1:]
		if own := get(n, "x-go-name"); own != nil {
			goName = own.Value
		}
		if other, ok := goNames[goName]; ok {
			c.report(n, "%s.%s and %s are both %s in Go", name, p, other, goName)
		}
		goNames[goName] = p
	}
	if has(node, "x-kind") {
		for _, p := range []string{"kind", "apiVersion"} {
			if get(props, p) == nil {
				c.report(node, "%s is a kind without the property %s", name, p)
			}
		}
	}
}

// keys checks that all keys of a schema or property are in the grammar, stand where they may, fit the type, and have values
// of the right form.
func (c *checker) keys(node *yaml.Node, where string, allowed func(key) bool) {
	typ := c.typeOf(node)
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i].Value, node.Content[i+1]
		k, known := grammar[name]
		switch {
		case !known:
			c.report(node.Content[i], "%s: unknown key %s; openapi/README.md has the grammar, cmd/specgen/lint/grammar.go its table", where, name)
		case !allowed(k):
			c.report(node.Content[i], "%s: %s cannot stand here", where, name)
		case !k.form.fits(value):
			c.report(value, "%s: %s must be %s", where, name, k.form)
		case k.types != nil && typ != "" && !slices.Contains(k.types, typ):
			c.report(node.Content[i], "%s: %s says nothing about a value of type %s", where, name, typ)
		}
	}
}

// typeOf is the type of a property's value; empty when it cannot be told.
func (c *checker) typeOf(node *yaml.Node) string {
	if t := get(node, "type"); t != nil {
		return t.Value
	}
	if ref := get(node, "$ref"); ref != nil {
		file, name := spec.Ref(ref.Value, c.doc.File)
		if d := c.model[file]; d != nil && d.Schemas[name] != nil {
			t, _ := d.Schemas[name].Keys["type"].(string)
			return t
		}
	}
	return ""
}

// property checks a property, or the schema of a list's or a map's elements.
func (c *checker) property(where string, node *yaml.Node) {
	if node.Kind != yaml.MappingNode {
		if !aBool.fits(node) {
			c.report(node, "%s is not a mapping", where)
		}
		return
	}
	c.keys(node, where, func(k key) bool { return k.property })
	ref, typ := get(node, "$ref"), get(node, "type")
	switch {
	case ref == nil && typ == nil:
		c.report(node, "%s has neither a type nor a $ref", where)
	case ref != nil && typ != nil:
		c.report(node, "%s has a $ref and a type: the reference says the type", where)
	case ref != nil:
		c.reference(where, ref)
	case !slices.Contains([]string{"string", "integer", "number", "boolean", "array", "object"}, typ.Value):
		c.report(typ, "%s: unknown type %q", where, typ.Value)
	case typ.Value == "array" && get(node, "items") == nil:
		c.report(node, "%s is an array without items", where)
	}
	for _, k := range []string{"items", "additionalProperties"} {
		if v := get(node, k); v != nil {
			c.property(where+"."+k, v)
		}
	}
	if p := get(node, "pattern"); p != nil && p.Kind == yaml.ScalarNode {
		if _, err := regexp.Compile(p.Value); err != nil {
			c.report(p, "%s: pattern: %v", where, err)
		}
	}
	c.lists(where, node)
	c.bounds(where, node)
	c.defaults(where, node)
}

// reference checks that a $ref leads to a schema.
func (c *checker) reference(where string, ref *yaml.Node) {
	if !strings.Contains(ref.Value, "#/components/schemas/") {
		c.report(ref, "%s: %q is no reference: write '#/components/schemas/Name' or ../group/version.yaml#/components/schemas/Name", where, ref.Value)
		return
	}
	file, name := spec.Ref(ref.Value, c.doc.File)
	switch d := c.model[file]; {
	case d == nil:
		c.report(ref, "%s refers to %s.yaml, which does not exist", where, file)
	case d.Schemas[name] == nil:
		c.report(ref, "%s refers to %s, which %s.yaml does not have", where, name, file)
	}
}
