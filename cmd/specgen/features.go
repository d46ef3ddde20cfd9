package main

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// maxFeatures is how many sets of properties fit into the bits of a Set.
const maxFeatures = 64

// writeFeatures writes features/features.gen.go, the feature gates with a bit for the properties of each, and
// types/<file>/features.gen.go: for every schema that has such properties, in it or below it, what finds them and what
// drops them. Gates that are on in every server switch nothing and are left out.
func writeFeatures(m spec.Model, gates []spec.Gate, out output) error {
	g := featureGenerator{gates: map[string]spec.Gate{}, names: map[string]string{}}
	for _, gate := range gates {
		g.gates[gate.Name] = gate
	}
	if err := g.collect(m); err != nil {
		return err
	}
	if len(g.names) > maxFeatures {
		return fmt.Errorf("%d feature gates with properties: a Set has %d bits", len(g.names), maxFeatures)
	}
	if err := out.goFile("features/features.gen.go", g.table(gates)); err != nil {
		return err
	}
	with := g.schemas(m)
	for _, file := range slices.Sorted(maps.Keys(m)) {
		if file == "meta/v1" {
			continue
		}
		f := featureMethods{copyGenerator: copyGenerator{model: m, file: file}, features: &g, with: with}
		for _, name := range slices.Sorted(maps.Keys(m[file].Schemas)) {
			if with[file+"#"+name] {
				f.schema(name, m[file].Schemas[name])
			}
		}
		if f.body.Len() == 0 {
			continue
		}
		source := fmt.Sprintf("package %s\n\nimport (\n\t%q\n)\n%s", path.Base(file), modulePath+"/gen/features", f.body.String())
		if err := out.goFile("types/"+file+"/features.gen.go", source); err != nil {
			return err
		}
	}
	return nil
}

type featureGenerator struct {
	gates map[string]spec.Gate
	// names are the bits of a Set with the gate that each belongs to.
	names map[string]string
}

// collect finds the bits that the model's properties need, and faults of the rows' gates.
func (g *featureGenerator) collect(m spec.Model) error {
	for file, d := range m {
		for _, r := range d.Resources {
			if r.Gate != "" && g.gates[r.Gate].Name == "" {
				return fmt.Errorf("openapi/%s.yaml:%d: no feature gate %s in %s", file, r.Line, r.Gate, spec.FeaturesFile)
			}
		}
		for name, s := range d.Schemas {
			for property, p := range s.Props {
				switch gates := stringList(p["x-feature-gates"]); {
				case gates == nil:
				case len(gates) != 1:
					return fmt.Errorf("openapi/%s.yaml: %s.%s: x-feature-gates: one gate", file, name, property)
				case g.gates[gates[0]].Name == "":
					return fmt.Errorf("openapi/%s.yaml: %s.%s: no feature gate %s in %s", file, name, property, gates[0], spec.FeaturesFile)
				case file != "meta/v1" && g.gates[gates[0]].Switchable():
					g.names[feature(property, p)] = gates[0]
				}
			}
		}
	}
	return nil
}

// feature is the name of a property's bit: its gate's, or one of its own.
func feature(property string, p spec.M) string {
	gates := stringList(p["x-feature-gates"])
	if p["x-feature-alone"] == true {
		return gates[0] + title(property)
	}
	return gates[0]
}

// bit is the name of a property's bit; empty where it has none.
func (g *featureGenerator) bit(property string, p spec.M) string {
	if stringList(p["x-feature-gates"]) == nil {
		return ""
	}
	name := feature(property, p)
	if _, ok := g.names[name]; !ok {
		return ""
	}
	return name
}

// table is the source of package features.
func (g *featureGenerator) table(gates []spec.Gate) string {
	var b strings.Builder
	b.WriteString(`// Package features has the feature gates, and which properties of the objects each of them switches on.
package features

// Gate is a switch that --feature-gates knows.
type Gate struct {
	Name string
	// Stage is alpha, beta, ga or deprecated.
	Stage string
	// Enabled gates are on unless switched off; Locked ones cannot be switched.
	Enabled, Locked bool
	// Needs are the gates that must be on when this one is.
	Needs []string
}

// Gates are sorted by name.
var Gates = []Gate{
`)
	for _, gate := range gates {
		fmt.Fprintf(&b, "{Name: %q, Stage: %q", gate.Name, gate.Stage)
		if gate.Enabled {
			b.WriteString(", Enabled: true")
		}
		if gate.Locked {
			b.WriteString(", Locked: true")
		}
		if len(gate.Needs) > 0 {
			fmt.Fprintf(&b, ", Needs: %#v", gate.Needs)
		}
		b.WriteString("},\n")
	}
	b.WriteString(`}

// Set is a set of properties: a bit for all those of a gate, and one for each that stands alone.
type Set uint64

// The bits of a Set.
const (
`)
	names := slices.Sorted(maps.Keys(g.names))
	for i, name := range names {
		if i == 0 {
			name += " Set = 1 << iota"
		}
		b.WriteString(name + "\n")
	}
	b.WriteString(")\n\n// Of tells the gate of each bit, the lowest bit first.\nvar Of = []string{\n")
	for _, name := range names {
		fmt.Fprintf(&b, "%q,\n", g.names[name])
	}
	b.WriteString("}\n")
	return b.String()
}

// schemas finds, to the fixed point, the schemas (file#name) that have a property with a bit in them or below them.
func (g *featureGenerator) schemas(m spec.Model) map[string]bool {
	with := map[string]bool{}
	for changed := true; changed; {
		changed = false
		for file, d := range m {
			for name, s := range d.Schemas {
				if with[file+"#"+name] {
					continue
				}
				for property, p := range s.Props {
					if target := target(p, file); g.bit(property, p) != "" || target != "" && with[target] {
						with[file+"#"+name], changed = true, true
						break
					}
				}
			}
		}
	}
	return with
}

type featureMethods struct {
	copyGenerator
	features *featureGenerator
	with     map[string]bool
}

// schema writes the two methods of one schema.
func (f *featureMethods) schema(name string, s *spec.Schema) {
	fmt.Fprintf(&f.body, "\n// FeaturesInUse are the features that something is set of, here and below.\nfunc (in *%s) FeaturesInUse() (used features.Set) {\n", name)
	for _, property := range s.Order {
		p := s.Props[property]
		field := "in." + goName(property, p)
		if bit := f.features.bit(property, p); bit != "" {
			fmt.Fprintf(&f.body, "if %s {\nused |= features.%s\n}\n", f.isSet(field, p), bit)
		}
		if f.below(p) {
			f.each(field, p, func(v string) string { return "used |= " + v + ".FeaturesInUse()" })
		}
	}
	fmt.Fprintf(&f.body, "return used\n}\n\n// DropFeatures clears what belongs to a feature of off, here and below.\nfunc (in *%s) DropFeatures(off features.Set) {\n", name)
	for _, property := range s.Order {
		p := s.Props[property]
		field := "in." + goName(property, p)
		if bit := f.features.bit(property, p); bit != "" {
			fmt.Fprintf(&f.body, "if off&features.%s != 0 {\n%s = %s\n}\n", bit, field, zero(p))
		}
		switch {
		case !f.below(p):
		case p["x-drop-empty"] == true:
			fmt.Fprintf(&f.body, "if %s != nil && %[1]s.FeaturesInUse()&off != 0 {\nif %[1]s.DropFeatures(off); *%[1]s == (%s{}) {\n%[1]s = nil\n}\n}\n", field, f.goType(p))
		default:
			f.each(field, p, func(v string) string { return v + ".DropFeatures(off)" })
		}
	}
	f.body.WriteString("}\n")
}

func (f *featureMethods) below(p spec.M) bool {
	t := target(p, f.file)
	return t != "" && f.with[t]
}

// each writes a call for every value below a field; what is in a map is put back.
func (f *featureMethods) each(field string, p spec.M, call func(v string) string) {
	switch {
	case p["items"] != nil:
		fmt.Fprintf(&f.body, "for i := range %s {\n%s\n}\n", field, call(field+"[i]"))
	case p["additionalProperties"] != nil:
		fmt.Fprintf(&f.body, "for k, v := range %s {\n%s\n%[1]s[k] = v\n}\n", field, call("v"))
	case p["x-ptr"] == true:
		fmt.Fprintf(&f.body, "if %s != nil {\n%s\n}\n", field, call(field))
	default:
		f.body.WriteString(call(field) + "\n")
	}
}

// isSet is the condition that a field has something in it.
func (f *featureMethods) isSet(field string, p spec.M) string {
	switch value := zero(p); {
	case p["items"] != nil, p["additionalProperties"] != nil:
		return "len(" + field + ") > 0"
	case value == "false":
		return field
	default:
		return field + " != " + value
	}
}

// zero is the value of a field that is not set.
func zero(p spec.M) string {
	switch {
	case p["x-ptr"] == true, p["items"] != nil, p["additionalProperties"] != nil, p["format"] == "byte":
		return "nil"
	case p["type"] == "string":
		return `""`
	case p["type"] == "boolean":
		return "false"
	}
	return "0"
}
