package main

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// writeDefaults writes types/<file>/defaults.gen.go: a method SetDefaults for every schema that has a default in it or
// below it. Types without defaults get no method, so that walking an object ends where nothing is left to fill.
func writeDefaults(m spec.Model, out output) error {
	with := schemasWithDefaults(m)
	for _, file := range slices.Sorted(maps.Keys(m)) {
		if file == "meta/v1" {
			continue
		}
		g := defaultGenerator{copyGenerator: copyGenerator{model: m, file: file}, with: with}
		for _, name := range slices.Sorted(maps.Keys(m[file].Schemas)) {
			if with[file+"#"+name] {
				if err := g.schema(name, m[file].Schemas[name]); err != nil {
					return fmt.Errorf("openapi/%s.yaml: %s: %w", file, name, err)
				}
			}
		}
		if g.body.Len() == 0 {
			continue
		}
		source := fmt.Sprintf("package %s\n\nimport (\n\tmetav1 \"k8s.io/apimachinery/pkg/apis/meta/v1\"\n\t\"k8s.io/apimachinery/pkg/api/resource\"\n\t\"k8s.io/apimachinery/pkg/util/intstr\"\n\n", path.Base(file))
		for _, other := range slices.Sorted(maps.Keys(m)) {
			if other != "meta/v1" && other != file {
				source += fmt.Sprintf("\t%s %q\n", spec.Alias(other), modulePath+"/gen/types/"+other)
			}
		}
		if err := out.goFile("types/"+file+"/defaults.gen.go", dropImports(source+"\n)\n"+g.body.String())); err != nil {
			return err
		}
	}
	return nil
}

// schemasWithDefaults finds, to the fixed point, the schemas (file#name) that have a default in them or below them.
func schemasWithDefaults(m spec.Model) map[string]bool {
	with := map[string]bool{}
	for changed := true; changed; {
		changed = false
		for file, d := range m {
			for name, s := range d.Schemas {
				if with[file+"#"+name] {
					continue
				}
				for _, p := range s.Props {
					if target := target(p, file); setsValue(p) || target != "" && with[target] {
						with[file+"#"+name], changed = true, true
						break
					}
				}
			}
		}
	}
	return with
}

// target is the schema (file#name) that a property, its items or its map values refer to; empty for plain values and for
// apimachinery's types.
func target(p spec.M, file string) string {
	if e := element(p); e != nil {
		p = e
	}
	ref, ok := p["$ref"].(string)
	if !ok {
		return ""
	}
	f, name := spec.Ref(ref, file)
	if _, external := spec.External(f, name); external {
		return ""
	}
	return f + "#" + name
}

// setsValue says whether a property has something to fill in: a default that is the Go zero value of a field without
// pointer is a statement for readers only.
func setsValue(p spec.M) bool {
	if p["x-quantity-precision"] != nil {
		return true
	}
	d, ok := p["default"]
	if !ok {
		return false
	}
	if p["x-ptr"] == true {
		return true
	}
	switch d := d.(type) {
	case string:
		return d != ""
	case int:
		return d != 0
	case bool:
		return d
	case []any:
		return len(d) > 0
	}
	return false
}

type defaultGenerator struct {
	copyGenerator
	with map[string]bool
}

func (g *defaultGenerator) schema(name string, s *spec.Schema) error {
	fmt.Fprintf(&g.body, "\n// SetDefaults fills what is absent with the model's defaults, here and below. It changes nothing the second time.\nfunc (in *%s) SetDefaults() {\n", name)
	for _, p := range s.Order {
		field := "in." + goName(p, s.Props[p])
		if setsValue(s.Props[p]) {
			if err := g.fill(field, s.Props[p]); err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
		}
		if t := target(s.Props[p], g.file); t != "" && g.with[t] {
			g.descend(field, s.Props[p])
		}
	}
	g.body.WriteString("}\n")
	return nil
}

// fill writes what sets one field that is absent.
func (g *defaultGenerator) fill(field string, p spec.M) error {
	if p["x-quantity-precision"] != nil {
		// Quantities finer than a thousandth are rounded up: the store has never held finer ones.
		fmt.Fprintf(&g.body, "for k, q := range %s {\nif q.RoundUp(resource.Milli) {\ncontinue\n}\n%[1]s[k] = q\n}\n", field)
		return nil
	}
	value, err := g.literal(p)
	if err != nil {
		return err
	}
	switch {
	case p["x-ptr"] == true && strings.HasSuffix(value, "{}"):
		fmt.Fprintf(&g.body, "if %s == nil {\n%[1]s = &%s\n}\n", field, value)
	case p["x-ptr"] == true:
		fmt.Fprintf(&g.body, "if %s == nil {\n%[1]s = new(%s)\n*%[1]s = %[3]s\n}\n", field, g.goType(p), value)
	case p["items"] != nil:
		fmt.Fprintf(&g.body, "if len(%s) == 0 {\n%[1]s = %s\n}\n", field, value)
	case p["type"] == "string":
		fmt.Fprintf(&g.body, "if %s == \"\" {\n%[1]s = %s\n}\n", field, value)
	case p["type"] == "integer":
		fmt.Fprintf(&g.body, "if %s == 0 {\n%[1]s = %s\n}\n", field, value)
	default:
		return fmt.Errorf("a default needs x-ptr, a string, an integer or an array: absent and zero are the same here")
	}
	return nil
}

// literal is the Go expression for a property's default.
func (g *defaultGenerator) literal(p spec.M) (string, error) {
	switch d := p["default"].(type) {
	case string:
		if g.goType(p) == "intstr.IntOrString" {
			return fmt.Sprintf("intstr.FromString(%q)", d), nil
		}
		return strconv.Quote(d), nil
	case int:
		if g.goType(p) == "intstr.IntOrString" {
			return fmt.Sprintf("intstr.FromInt32(%d)", d), nil
		}
		return strconv.Itoa(d), nil
	case bool:
		return strconv.FormatBool(d), nil
	case spec.M:
		if len(d) == 0 {
			return g.goType(p) + "{}", nil
		}
	case []any:
		values := make([]string, len(d))
		for i, x := range d {
			s, ok := x.(string)
			if !ok {
				return "", fmt.Errorf("default %v: only strings in a list", d)
			}
			values[i] = strconv.Quote(s)
		}
		return "[]string{" + strings.Join(values, ", ") + "}", nil
	}
	return "", fmt.Errorf("default %v: want a string, a number, a boolean, {} or a list of strings", p["default"])
}

// descend writes the call for the value below a field.
func (g *defaultGenerator) descend(field string, p spec.M) {
	switch {
	case p["items"] != nil:
		fmt.Fprintf(&g.body, "for i := range %s {\n%[1]s[i].SetDefaults()\n}\n", field)
	case p["additionalProperties"] != nil:
		fmt.Fprintf(&g.body, "for k, v := range %s {\nv.SetDefaults()\n%[1]s[k] = v\n}\n", field)
	case p["x-ptr"] == true:
		fmt.Fprintf(&g.body, "if %s != nil {\n%[1]s.SetDefaults()\n}\n", field)
	default:
		fmt.Fprintf(&g.body, "%s.SetDefaults()\n", field)
	}
}
