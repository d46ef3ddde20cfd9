// Package clients writes the generated half of the clients in clients/: models, and a row for each resource. All languages
// are made of one table, each by its own templates; the other half, a runtime per language, is written by hand.
package clients

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// metaFile has the schemas that all groups share: metadata, Status, DeleteOptions.
const metaFile = "meta/v1"

// Group is a group-version with its resources and models: one file of openapi/.
type Group struct {
	// File is core/v1; the names of packages and modules are made of it.
	File           string
	Group, Version string
	// Enabled groups are served by default. Only these are in all languages; the others are in Go alone.
	Enabled   bool
	Resources []Resource
	Models    []Model
}

// Resource is a row: all that a runtime has to know about a resource.
type Resource struct {
	Group, Version, Resource string
	Kind, ListKind           string
	Singular                 string
	ShortNames               []string
	Namespaced               bool
	Verbs                    []string
	// Plural is the plural of the kind: ConfigMaps, NetworkPolicies.
	Plural       string
	Subresources []Subresource
	// File has the kind's model.
	File string
}

// Subresource is something below a resource: status, scale, log, exec.
type Subresource struct {
	Name string
	// Group, Version and Kind are those of its bodies.
	Group, Version, Kind string
	Verbs                []string
	// Connect are the HTTP methods of a connection; it has no verbs then.
	Connect []string
	// Text says that the answer is plain text.
	Text bool
	// File has the model of the bodies; empty for what has none.
	File string
}

// Model is a schema with properties.
type Model struct {
	Name   string
	Fields []Field
	Words  string
	// APIVersion and Kind are set for kinds only.
	APIVersion, Kind string
}

// Field is a property of a model.
type Field struct {
	// Name is the name in JSON.
	Name     string
	Type     Type
	Required bool
	Words    string
}

// Build makes the table: groups in the order of their files, resources and fields in the order in which the model has them.
func Build(m spec.Model, words Words) []Group {
	var out []Group
	for _, file := range slices.Sorted(maps.Keys(m)) {
		d := m[file]
		g := Group{File: file, Group: d.GV.Group, Version: d.GV.Version, Enabled: d.GV.Enabled || file == metaFile}
		g.Resources = rows(m, d)
		for _, name := range slices.Sorted(maps.Keys(d.Schemas)) {
			if s := d.Schemas[name]; len(s.Props) > 0 {
				g.Models = append(g.Models, model(m, d, name, s, words))
			}
		}
		out = append(out, g)
	}
	return out
}

// rows are the resources of a file, each with what lies below it.
func rows(m spec.Model, d *spec.Doc) []Resource {
	var out []Resource
	for _, r := range d.Resources {
		parent, sub, below := strings.Cut(r.Name, "/")
		group, version := d.KindOf(r)
		if below {
			s := Subresource{Name: sub, Group: group, Version: version, Kind: r.Kind, Connect: r.Connect, Text: r.Text}
			if r.Connect == nil {
				s.Verbs = r.Verbs
				s.File = modelFile(m, group, version, r.Kind)
			}
			i := slices.IndexFunc(out, func(p Resource) bool { return p.Resource == parent })
			if i < 0 { // a row without a parent of its own, such as a review that is only created
				continue
			}
			out[i].Subresources = append(out[i].Subresources, s)
			continue
		}
		row := Resource{
			Group: d.GV.Group, Version: d.GV.Version, Resource: r.Name, Kind: r.Kind, Namespaced: r.Namespaced, Verbs: r.Verbs,
			Singular: cmp.Or(r.Singular, strings.ToLower(r.Kind)), ShortNames: r.ShortNames, Plural: plural(r.Kind, r.Name),
			File: modelFile(m, group, version, r.Kind),
		}
		if slices.Contains(r.Verbs, "list") {
			row.ListKind = r.Kind + "List"
		}
		out = append(out, row)
	}
	return out
}

// modelFile is the file that has the model of a kind; empty when none has.
func modelFile(m spec.Model, group, version, kind string) string {
	file := m.File(group, version)
	if d := m[file]; d == nil || d.Schemas[kind] == nil {
		return ""
	}
	return file
}

func model(m spec.Model, d *spec.Doc, name string, s *spec.Schema, words Words) Model {
	out := Model{Name: name, Words: cmp.Or(ownWords(s.Keys), words.of(d, name, ""))}
	if s.Keys["x-kind"] == true {
		out.Kind, out.APIVersion = name, strings.TrimPrefix(d.GV.Group+"/"+cmp.Or(d.GV.Version, "v1"), "/")
	}
	required := s.Required()
	for _, p := range s.Order {
		out.Fields = append(out.Fields, Field{
			Name: p, Type: typeOf(m, d.File, s.Props[p]), Required: required[p], Words: cmp.Or(ownWords(s.Props[p]), words.of(d, name, p)),
		})
	}
	return out
}

// ownWords are the description that the model itself has.
func ownWords(keys spec.M) string {
	s, _ := keys["description"].(string)
	return strings.Join(strings.Fields(s), " ")
}
