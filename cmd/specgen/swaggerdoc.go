package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// writeSwaggerDoc writes openapi/swaggerdoc.gen.go: for each published schema the type of the linked API modules that can
// describe itself, in the package that the file names (x-models).
func writeSwaggerDoc(m spec.Model, out output) error {
	type entry struct{ model, value string }
	var entries []entry
	var imports strings.Builder
	for _, file := range slices.Sorted(maps.Keys(m)) {
		d := m[file]
		if d.Models.Package == "" {
			continue
		}
		used := false
		for _, name := range slices.Sorted(maps.Keys(d.Schemas)) {
			if len(d.Schemas[name].Props) == 0 || d.Schemas[name].Keys["x-model"] != nil {
				continue // values have no fields to describe, and what is published elsewhere lives elsewhere
			}
			used = true
			entries = append(entries, entry{m.PublishedName(file, name), spec.Alias(file) + "." + name + "{}"})
		}
		if used {
			fmt.Fprintf(&imports, "\t%s %q\n", spec.Alias(file), d.Models.Package)
		}
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.model, b.model) })
	var rows strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&rows, "\t{%q, %s},\n", e.model, e.value)
	}
	return out.goFile("openapi/swaggerdoc.gen.go", "package openapi\n\nimport (\n\t\"slices\"\n\t\"strings\"\n\n"+imports.String()+")\n"+swaggerDocHead+rows.String()+"}\n")
}

const swaggerDocHead = `
// Described is the zero value of the linked API type behind a published schema: its SwaggerDoc method, and those of the
// structs that it inlines, have the descriptions. It is nil for schemas that no linked type describes.
func Described(model string) any {
	i, ok := slices.BinarySearchFunc(described, model, func(d description, model string) int { return strings.Compare(d.model, model) })
	if !ok {
		return nil
	}
	return described[i].zero
}

type description struct {
	model string
	zero  any
}

// described is sorted by model. It is a slice of constants and not a map, so that it costs nothing until it is searched.
var described = []description{
`
