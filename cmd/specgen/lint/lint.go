// Package lint says what is wrong in the resource model, where, and why. It looks at the files as they are written, so that
// every message names a line, and it checks what the generators rely on: a model without problems generates.
package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// Problem is one fault of the model.
type Problem struct {
	// File is the path under the folder of the model.
	File string
	Line int
	// Message says what is wrong and why it matters.
	Message string
}

// String is file:line: message, as compilers write it and editors read it.
func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message) }

// Check looks at the whole model. Problems come sorted by place.
func Check(m spec.Model) []Problem {
	var out []Problem
	for _, file := range slices.Sorted(maps.Keys(m)) {
		c := checker{model: m, doc: m[file]}
		c.file()
		out = append(out, c.problems...)
	}
	slices.SortStableFunc(out, func(a, b Problem) int {
		if n := strings.Compare(a.File, b.File); n != 0 {
			return n
		}
		return a.Line - b.Line
	})
	return out
}

// checker looks at one file.
type checker struct {
	model    spec.Model
	doc      *spec.Doc
	problems []Problem
}

// report adds a problem at the line of a node.
func (c *checker) report(at *yaml.Node, format string, args ...any) {
	c.problems = append(c.problems, Problem{c.doc.File + ".yaml", at.Line, fmt.Sprintf(format, args...)})
}

// file checks everything in a file: its head, its rows, its columns, its schemas.
func (c *checker) file() {
	root := c.doc.Node
	if root.Kind == yaml.DocumentNode {
		root = root.Content[0]
	}
	c.head(root)
	if rows := get(root, "x-kubernetes-resources"); rows != nil {
		c.rows(rows)
	}
	if columns := get(root, "x-kubernetes-columns"); columns != nil {
		c.columns(columns)
	}
	schemas := get(get(root, "components"), "schemas")
	for name, node := range pairs(schemas) {
		c.schema(name, node)
	}
}

// head checks the group and version: two files must not claim the same.
func (c *checker) head(root *yaml.Node) {
	gv := get(root, "x-kubernetes-group-version")
	if gv == nil {
		if get(root, "x-kubernetes-resources") != nil {
			c.report(root, "resources without x-kubernetes-group-version: nobody knows where they are served")
		}
		return
	}
	if c.doc.GV.Version == "" {
		c.report(gv, "a group-version needs a version")
	}
	preferred := 0
	for _, file := range slices.Sorted(maps.Keys(c.model)) {
		d := c.model[file]
		if d.GV.Version == "" || d.GV.Group != c.doc.GV.Group {
			continue
		}
		if d.GV.Preferred {
			preferred++
		}
		if file != c.doc.File && d.GV.Version == c.doc.GV.Version {
			c.report(gv, "%s/%s is also in %s.yaml", d.GV.Group, d.GV.Version, file)
		}
		if d.GV.GroupPriority != c.doc.GV.GroupPriority {
			c.report(gv, "%s has groupPriority %d here and %d in %s.yaml: a group has one place in discovery", d.GV.Group, c.doc.GV.GroupPriority, d.GV.GroupPriority, file)
		}
	}
	if preferred != 1 {
		c.report(gv, "%d versions of the group %q are preferred, not one", preferred, c.doc.GV.Group)
	}
}

// pairs goes over a mapping; over nothing when n is not one.
func pairs(n *yaml.Node) func(yield func(key string, value *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i].Value, n.Content[i+1]) {
				return
			}
		}
	}
}

// get is the value of a key of a mapping; nil when there is none.
func get(n *yaml.Node, key string) *yaml.Node {
	for k, v := range pairs(n) {
		if k == key {
			return v
		}
	}
	return nil
}

// has says whether a mapping has a key with the scalar true.
func has(n *yaml.Node, key string) bool {
	v := get(n, key)
	return v != nil && v.Value == "true"
}

// strings of a sequence of scalars.
func list(n *yaml.Node) (out []*yaml.Node) {
	if n != nil && n.Kind == yaml.SequenceNode {
		return n.Content
	}
	return nil
}
