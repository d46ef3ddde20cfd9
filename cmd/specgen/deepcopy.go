package main

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// writeDeepCopy writes types/<file>/deepcopy.gen.go: copies that share no memory with their source, and DeepCopyObject for
// kinds.
func writeDeepCopy(m spec.Model, out output) error {
	for _, file := range slices.Sorted(maps.Keys(m)) {
		if file == "meta/v1" {
			continue
		}
		g := copyGenerator{model: m, file: file}
		for _, name := range slices.Sorted(maps.Keys(m[file].Schemas)) {
			if s := m[file].Schemas[name]; len(s.Props) > 0 {
				g.schema(name, s)
			}
		}
		source := fmt.Sprintf("package %s\n\nimport (\n\t\"slices\"\n\n\tmetav1 \"k8s.io/apimachinery/pkg/apis/meta/v1\"\n\t\"k8s.io/apimachinery/pkg/api/resource\"\n\t\"k8s.io/apimachinery/pkg/runtime\"\n\t\"k8s.io/apimachinery/pkg/util/intstr\"\n", path.Base(file))
		for _, other := range slices.Sorted(maps.Keys(m)) {
			if other == "meta/v1" {
				continue
			}
			source += fmt.Sprintf("\t%s %q\n", spec.Alias(other), modulePath+"/gen/types/"+other)
		}
		if err := out.goFile("types/"+file+"/deepcopy.gen.go", dropImports(source+"\n)\n"+g.body.String())); err != nil {
			return err
		}
	}
	return nil
}

type copyGenerator struct {
	model spec.Model
	file  string
	body  strings.Builder
	depth int
}

func (g *copyGenerator) schema(name string, s *spec.Schema) {
	fmt.Fprintf(&g.body, "\n// DeepCopyInto makes out a copy of in.\nfunc (in *%s) DeepCopyInto(out *%[1]s) {\n\t*out = *in\n", name)
	for _, p := range s.Order {
		field := goName(p, s.Props[p])
		g.value("in."+field, "out."+field, s.Props[p], s.Props[p]["x-ptr"] == true)
	}
	fmt.Fprintf(&g.body, "}\n\n// DeepCopy is a copy that shares nothing with in; nil of nil.\nfunc (in *%s) DeepCopy() *%[1]s {\n\tif in == nil {\n\t\treturn nil\n\t}\n\tout := new(%[1]s)\n\tin.DeepCopyInto(out)\n\treturn out\n}\n", name)
	if s.Keys["x-kind"] == true && s.Props["kind"] != nil {
		fmt.Fprintf(&g.body, "\n// DeepCopyObject is DeepCopy for whoever does not know the kind.\nfunc (in *%s) DeepCopyObject() runtime.Object {\n\tif in == nil {\n\t\treturn nil\n\t}\n\treturn in.DeepCopy()\n}\n", name)
	}
}

// value writes what makes out an independent copy of in, given that out = in was done already.
func (g *copyGenerator) value(in, out string, p spec.M, pointer bool) {
	if g.plain(p) && !pointer {
		return
	}
	g.depth++
	defer func() { g.depth-- }()
	switch e := element(p); {
	case pointer:
		fmt.Fprintf(&g.body, "if %s != nil {\n%s = new(%s)\n*%s = *%s\n", in, out, g.goType(p), out, in)
		g.value("(*"+in+")", "(*"+out+")", p, false)
		g.body.WriteString("}\n")
	case p["items"] != nil && g.plain(e):
		fmt.Fprintf(&g.body, "%s = slices.Clone(%s)\n", out, in)
	case p["items"] != nil:
		i := fmt.Sprintf("i%d", g.depth)
		fmt.Fprintf(&g.body, "if %s != nil {\n%s = slices.Clone(%s)\nfor %s := range %s {\n", in, out, in, i, in)
		g.value(in+"["+i+"]", out+"["+i+"]", e, false)
		g.body.WriteString("}\n}\n")
	case p["additionalProperties"] != nil:
		k, v, c := fmt.Sprintf("k%d", g.depth), fmt.Sprintf("v%d", g.depth), fmt.Sprintf("c%d", g.depth)
		fmt.Fprintf(&g.body, "if %s != nil {\n%s = make(%s, len(%s))\nfor %s, %s := range %s {\n%s := %s\n", in, out, g.goType(p), in, k, v, in, c, v)
		g.value(v, c, e, false)
		fmt.Fprintf(&g.body, "%s[%s] = %s\n}\n}\n", out, k, c)
	case p["format"] == "byte":
		fmt.Fprintf(&g.body, "%s = slices.Clone(%s)\n", out, in)
	default:
		file, name := spec.Ref(p["$ref"].(string), g.file)
		switch external, ok := spec.External(file, name); {
		case ok && name == "Quantity":
			fmt.Fprintf(&g.body, "%s = %s.DeepCopy()\n", out, in)
		case ok && external.Alias != "", !ok && !g.model[file].Schemas[name].Any():
			fmt.Fprintf(&g.body, "%s.DeepCopyInto(&%s)\n", in, out)
		default:
			fmt.Fprintf(&g.body, "%s = slices.Clone(%s)\n", out, in)
		}
	}
}

// plain says whether assignment copies a value of this schema completely.
func (g *copyGenerator) plain(p spec.M) bool {
	if ref, ok := p["$ref"].(string); ok {
		file, name := spec.Ref(ref, g.file)
		if _, ok := spec.External(file, name); ok {
			return name == "IntOrString" || name == "Info"
		}
		s := g.model[file].Schemas[name]
		return len(s.Props) == 0 && !s.Any()
	}
	return p["items"] == nil && p["additionalProperties"] == nil && p["format"] != "byte"
}

// goType is the Go type of a schema's value, pointers aside.
func (g *copyGenerator) goType(p spec.M) string {
	if ref, ok := p["$ref"].(string); ok {
		file, name := spec.Ref(ref, g.file)
		if external, ok := spec.External(file, name); ok {
			return external.String()
		}
		if file == g.file {
			return name
		}
		return spec.Alias(file) + "." + name
	}
	if e := element(p); p["items"] != nil {
		return "[]" + g.goType(e)
	} else if e != nil {
		return "map[string]" + g.goType(e)
	}
	switch p["type"] {
	case "integer":
		if f, ok := p["format"].(string); ok {
			return f
		}
		return "int"
	case "number":
		return "float64"
	case "boolean":
		return "bool"
	}
	if p["format"] == "byte" {
		return "[]byte"
	}
	return "string"
}
