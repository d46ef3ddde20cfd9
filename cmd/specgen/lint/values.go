package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// lists checks what a list says about merging: server-side apply needs keys to tell the elements of a map list apart.
func (c *checker) lists(where string, node *yaml.Node) {
	kind, keys := get(node, "x-kubernetes-list-type"), get(node, "x-kubernetes-list-map-keys")
	if kind != nil && !slices.Contains([]string{"atomic", "set", "map"}, kind.Value) {
		c.report(kind, "%s: x-kubernetes-list-type is atomic, set or map, not %q", where, kind.Value)
	}
	isMap := kind != nil && kind.Value == "map"
	switch {
	case isMap && len(list(keys)) == 0:
		c.report(kind, "%s is a list of type map without x-kubernetes-list-map-keys: nothing tells its elements apart", where)
	case !isMap && keys != nil:
		c.report(keys, "%s has x-kubernetes-list-map-keys and is no list of type map", where)
	}
	element := c.element(node)
	if element == nil {
		return
	}
	for _, k := range list(keys) {
		if element.Props[k.Value] == nil {
			c.report(k, "%s: %q is no property of its elements", where, k.Value)
		}
	}
	if k := get(node, "x-kubernetes-patch-merge-key"); k != nil && element.Props[k.Value] == nil {
		c.report(k, "%s: %q is no property of its elements", where, k.Value)
	}
}

// element is the schema of a list's elements; nil when they are no objects of the model.
func (c *checker) element(node *yaml.Node) *spec.Schema {
	ref := get(get(node, "items"), "$ref")
	if ref == nil {
		return nil
	}
	file, name := spec.Ref(ref.Value, c.doc.File)
	if d := c.model[file]; d != nil && d.Schemas[name] != nil && len(d.Schemas[name].Props) > 0 {
		return d.Schemas[name]
	}
	return nil
}

// bounds checks that lower bounds are not above upper bounds.
func (c *checker) bounds(where string, node *yaml.Node) {
	for _, pair := range [][2]string{{"minimum", "maximum"}, {"minLength", "maxLength"}, {"minItems", "maxItems"}} {
		low, hasLow := number(get(node, pair[0]))
		high, hasHigh := number(get(node, pair[1]))
		if hasLow && hasHigh && low > high {
			c.report(get(node, pair[0]), "%s: %s %v is above %s %v: nothing fits", where, pair[0], low, pair[1], high)
		}
	}
}

func number(n *yaml.Node) (float64, bool) {
	if n == nil || !aNumber.fits(n) {
		return 0, false
	}
	f, err := strconv.ParseFloat(n.Value, 64)
	return f, err == nil
}

// defaults checks that a default is a value that the property accepts.
func (c *checker) defaults(where string, node *yaml.Node) {
	d := get(node, "default")
	if d == nil {
		return
	}
	if fault := c.misfit(node, d); fault != "" {
		c.report(d, "%s: default %s", where, fault)
	}
}

// forms of a default by type.
var typeTags = map[string][]string{
	"string": {"!!str"}, "integer": {"!!int"}, "number": {"!!int", "!!float"}, "boolean": {"!!bool"}, "array": {"!!seq"}, "object": {"!!map"},
}

// misfit says why a value is none for a property; nothing when it is.
func (c *checker) misfit(node, value *yaml.Node) string {
	typ := c.typeOf(node)
	if tags := typeTags[typ]; tags != nil && !slices.Contains(tags, value.Tag) {
		return fmt.Sprintf("%s is not of type %s", show(value), typ)
	}
	if values := list(get(node, "enum")); values != nil && !has(node, "x-open") && !slices.ContainsFunc(values, func(n *yaml.Node) bool { return n.Value == value.Value }) {
		return fmt.Sprintf("%s is not in its own enum", show(value))
	}
	n, isNumber := number(value)
	if low, ok := number(get(node, "minimum")); ok && isNumber && n < low {
		return fmt.Sprintf("%s is below its own minimum %v", show(value), low)
	}
	if high, ok := number(get(node, "maximum")); ok && isNumber && n > high {
		return fmt.Sprintf("%s is above its own maximum %v", show(value), high)
	}
	if length, ok := number(get(node, "maxLength")); ok && float64(len(value.Value)) > length {
		return fmt.Sprintf("%s is longer than its own maxLength %v", show(value), length)
	}
	if p := get(node, "pattern"); p != nil && value.Kind == yaml.ScalarNode {
		if re, err := regexp.Compile(p.Value); err == nil && !re.MatchString(value.Value) {
			return fmt.Sprintf("%s does not match its own pattern", show(value))
		}
	}
	if value.Kind == yaml.SequenceNode {
		items := get(node, "items")
		for _, x := range value.Content {
			if fault := c.misfit(items, x); items != nil && fault != "" {
				return fault
			}
		}
	}
	return ""
}

func show(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "{...}"
	case yaml.SequenceNode:
		return "[...]"
	}
	return strconv.Quote(n.Value)
}
