package main

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// column is one entry of x-kubernetes-columns: a table column and where its cells come from, which is exactly one of
// path, text and func.
type column struct {
	Name, Type, Format, Description string
	Priority                        int32
	// Hidden cells follow the others without a definition of their own.
	Hidden bool
	Path   string
	Text   string
	Func   string
	// Of are the paths of the values that func gets; without, it gets the object.
	Of []string
	As string
	// Empty is the cell of an absent value.
	Empty any
}

// standardColumns can be written by their name alone.
var standardColumns = map[string]column{
	"Name": {Name: "Name", Type: "string", Format: "name", Description: "Name of the object, unique within its resource and namespace.", Path: ".metadata.name"},
	"Age":  {Name: "Age", Type: "string", Description: "Time since the object was created.", Path: ".metadata.creationTimestamp", As: "age"},
}

// conversions are the values of "as": the constant that handlers/kinds knows them by, the kinds of values they take and
// the cell of an absent value, when that is not the kind's own. Counting is done by the generated function.
var conversions = map[string]struct {
	constant string
	takes    []string
	empty    string
}{
	"":         {"Plain", []string{"text", "integer", "boolean"}, ""},
	"count":    {"Plain", []string{"count"}, "int64(0)"},
	"age":      {"Age", []string{"time"}, `"<unknown>"`},
	"date":     {"Date", []string{"time"}, ""},
	"join":     {"Join", []string{"texts"}, ""},
	"labels":   {"Labels", []string{"labels"}, `"<none>"`},
	"selector": {"Selector", []string{"LabelSelector"}, `"<none>"`},
	"flag":     {"Flag", []string{"boolean"}, `"<unset>"`},
	"seconds":  {"Seconds", []string{"integer"}, `""`},
}

// UnmarshalYAML reads a standard column's name, or a column. Unknown keys are errors.
func (c *column) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		standard, ok := standardColumns[n.Value]
		if !ok {
			return fmt.Errorf("line %d: %q is not a standard column", n.Line, n.Value)
		}
		*c = standard
		return nil
	}
	c.Type = "string"
	for i := 0; i+1 < len(n.Content); i += 2 {
		fields := map[string]any{"name": &c.Name, "type": &c.Type, "format": &c.Format, "description": &c.Description, "priority": &c.Priority, "hidden": &c.Hidden,
			"path": &c.Path, "text": &c.Text, "func": &c.Func, "of": &c.Of, "as": &c.As, "empty": &c.Empty}
		target, ok := fields[n.Content[i].Value]
		if !ok {
			return fmt.Errorf("line %d: unknown key %q of a column", n.Content[i].Line, n.Content[i].Value)
		}
		if err := n.Content[i+1].Decode(target); err != nil {
			return err
		}
	}
	return c.check()
}

// check refuses a column that says too little or too much.
func (c *column) check() error {
	sources := 0
	for _, s := range []string{c.Path, c.Text, c.Func} {
		if s != "" {
			sources++
		}
	}
	switch {
	case c.Name == "" && !c.Hidden:
		return fmt.Errorf("a column has no name")
	case sources != 1:
		return fmt.Errorf("column %s needs exactly one of path, text and func", c.Name)
	case c.Of != nil && c.Func == "":
		return fmt.Errorf("column %s has of without func", c.Name)
	case c.As != "" && c.Path == "":
		return fmt.Errorf("column %s has as without path", c.Name)
	}
	if _, ok := conversions[c.As]; !ok {
		return fmt.Errorf("column %s: unknown as: %s", c.Name, c.As)
	}
	return nil
}

// columnsOf reads the columns of one kind, following the name of another version with the same columns.
func columnsOf(m spec.Model, file, kind string) ([]column, error) {
	n := m[file].Columns[kind]
	if n.Kind == yaml.ScalarNode {
		other := m[path.Join(path.Dir(file), n.Value)]
		if other == nil {
			return nil, fmt.Errorf("no version %q beside this one", n.Value)
		}
		n = other.Columns[kind]
	}
	if n.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("no list of columns")
	}
	var out []column
	return out, n.Decode(&out)
}

// writeColumns writes gen/columns: the columns of every kind that states them, with a function for each path.
func writeColumns(m spec.Model, out output) error {
	var source strings.Builder
	for _, file := range slices.Sorted(maps.Keys(m)) {
		for _, kind := range slices.Sorted(maps.Keys(m[file].Columns)) {
			columns, err := columnsOf(m, file, kind)
			if err == nil && m[file].Schemas[kind] == nil {
				err = fmt.Errorf("no such schema")
			}
			if err != nil {
				return fmt.Errorf("openapi/%s.yaml: x-kubernetes-columns: %s: %w", file, kind, err)
			}
			gv := m[file].GV
			fmt.Fprintf(&source, "\t{Group: %q, Version: %q, Kind: %q}: {\n", gv.Group, gv.Version, kind)
			for _, c := range columns {
				code, err := columnSource(pathSource{model: m, file: file, kind: kind}, c)
				if err != nil {
					return fmt.Errorf("openapi/%s.yaml: x-kubernetes-columns: %s: column %q: %w", file, kind, c.Name, err)
				}
				source.WriteString(code)
			}
			source.WriteString("\t},\n")
		}
	}
	imports := "package columns\n\nimport (\n\t\"strconv\"\n\n\tmetav1 \"k8s.io/apimachinery/pkg/apis/meta/v1\"\n\t\"k8s.io/apimachinery/pkg/runtime\"\n\t\"k8s.io/apimachinery/pkg/runtime/schema\"\n\n"
	for _, file := range slices.Sorted(maps.Keys(m)) {
		imports += fmt.Sprintf("\t%s %q\n", spec.Alias(file), modulePath+"/gen/types/"+file)
	}
	table := "// Kinds are the columns of each kind that has its own, in order.\nvar Kinds = map[schema.GroupVersionKind][]Column{\n" + source.String() + "}\n"
	if err := out.goFile("columns/columns.gen.go", columnsHead); err != nil {
		return err
	}
	return out.goFile("columns/kinds.gen.go", dropImports(imports+")\n\n"+table))
}

// columnSource is the Go literal of one column.
func columnSource(start pathSource, c column) (string, error) {
	head := fmt.Sprintf("\t\t{Name: %q, Type: %q, As: %s", c.Name, c.Type, conversions[c.As].constant)
	for _, f := range []struct {
		name  string
		value any
		zero  bool
	}{
		{"Format", c.Format, c.Format == ""},
		{"Description", c.Description, c.Description == ""},
		{"Priority", c.Priority, c.Priority == 0},
		{"Hidden", c.Hidden, !c.Hidden},
		{"Func", c.Func, c.Func == ""},
	} {
		if !f.zero {
			head += fmt.Sprintf(", %s: %#v", f.name, f.value)
		}
	}
	expressions := c.Of
	switch {
	case c.Text != "":
		value, err := textSource(start, c)
		return head + fmt.Sprintf(", Empty: %#v, Value: %s},\n", text(c.Empty), value), err
	case c.Path != "":
		expressions = []string{c.Path}
	}
	var values []string
	for _, e := range expressions {
		v := start
		if err := v.walk(e); err != nil {
			return "", err
		}
		code, empty, err := v.value(c)
		if err != nil {
			return "", err
		}
		values = append(values, code)
		if c.Path != "" {
			return head + fmt.Sprintf(", Empty: %s, Value: %s},\n", empty, code), nil
		}
	}
	if values != nil {
		head += fmt.Sprintf(", Of: []func(runtime.Object) any{%s}", strings.Join(values, ", "))
	}
	return head + "},\n", nil
}

// textSource is the function of a text with paths in braces. One absent value makes the whole cell absent.
func textSource(start pathSource, c column) (string, error) {
	var before, parts []string
	rest := c.Text
	for n := 0; rest != ""; n++ {
		literal, tail, found := strings.Cut(rest, "{")
		if literal != "" {
			parts = append(parts, fmt.Sprintf("%q", literal))
		}
		if !found {
			break
		}
		expression, after, closed := strings.Cut(tail, "}")
		if !closed {
			return "", fmt.Errorf("text %q has a brace without its end", c.Text)
		}
		v := start
		v.suffix = fmt.Sprint(n)
		if err := v.walk(expression); err != nil {
			return "", err
		}
		part, err := v.text()
		if err != nil {
			return "", err
		}
		before, parts, rest = append(before, v.before), append(parts, part), after
	}
	return functionSource(start.file, start.kind, strings.Join(before, ""), strings.Join(parts, " + ")), nil
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

const columnsHead = `// Package columns has the table columns of the built-in kinds, as openapi/ states them: their definitions and functions
// that take the values of their paths out of the generated structs. handlers/kinds makes cells of them.
package columns

import "k8s.io/apimachinery/pkg/runtime"

// As says how a value becomes a cell.
type As uint8

const (
	// Plain values are cells as they are: string, int64, bool.
	Plain As = iota
	// Age is the time since a time.Time.
	Age
	// Date is a time.Time in RFC 3339.
	Date
	// Join puts commas between a []string.
	Join
	// Labels writes a map[string]string as key=value pairs.
	Labels
	// Selector writes a *metav1.LabelSelector.
	Selector
	// Flag is True or False.
	Flag
	// Seconds is an int64 as a duration.
	Seconds
)

// Column is one column of a kind's table.
type Column struct {
	Name, Type, Format, Description string
	// Priority above 0 shows only in wide output.
	Priority int32
	// Hidden cells have no definition.
	Hidden bool
	As     As
	// Value takes the column's value out of an object of the kind; nil when it is absent. Columns with Func have none.
	Value func(o runtime.Object) any
	// Empty is the cell of an absent value.
	Empty any
	// Func names a function of handlers/kinds. It gets the object, or the values of Of.
	Func string
	Of   []func(o runtime.Object) any
}
`
