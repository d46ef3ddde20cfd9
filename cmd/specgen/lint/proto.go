package lint

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// protoNumbers checks that every property has a place in the protobuf message, and one of its own. Without a number a field
// would be lost on its way through the store; with a number twice two fields would overwrite each other.
func (c *checker) protoNumbers(schema string, node, props *yaml.Node) {
	if has(node, "x-no-proto") {
		return
	}
	taken := map[string]string{}
	kind := has(node, "x-kind") || has(node, "x-kind-everywhere")
	for name, p := range pairs(props) {
		if kind && (name == "kind" || name == "apiVersion") {
			continue // the envelope has them
		}
		number := get(p, "x-proto")
		if number == nil {
			c.report(p, "%s.%s has no x-proto: without a number it would be lost in the store", schema, name)
			continue
		}
		id := protoID(number)
		if other, ok := taken[id]; ok {
			c.report(number, "%s.%s and %s have the same x-proto %s", schema, name, other, id)
		}
		taken[id] = name
	}
	// A number that leads into an inlined message cannot be a field at the same time.
	for id, name := range taken {
		if outer, _, deep := strings.Cut(id, "."); deep && taken[outer] != "" {
			c.report(get(props, name), "%s.%s lies in message %s, which is also the number of %s", schema, name, outer, taken[outer])
		}
	}
}

// protoID writes a number, or a path of numbers, in one way.
func protoID(n *yaml.Node) string {
	if n.Kind != yaml.SequenceNode {
		return n.Value
	}
	var parts []string
	for _, x := range n.Content {
		parts = append(parts, x.Value)
	}
	return strings.Join(parts, ".")
}
