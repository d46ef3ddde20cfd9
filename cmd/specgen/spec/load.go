package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ServerDir is the folder under openapi/ with the paths that belong to no resource.
const ServerDir = "server"

// Load reads the files <group>/<version>.yaml under dir. Keys that the grammar does not have are errors.
func Load(dir string) (Model, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.yaml"))
	if err != nil {
		return nil, err
	}
	out := Model{}
	var faults []error
	for _, f := range files {
		rel, err := filepath.Rel(dir, f)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(filepath.ToSlash(rel), ".yaml")
		if strings.HasPrefix(name, ServerDir+"/") {
			continue
		}
		d, err := load(f, name)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", f, err))
			continue
		}
		out[name] = d
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: %w: no <group>/<version>.yaml in it", dir, fs.ErrNotExist)
	}
	return out, nil
}

func load(path, name string) (*Doc, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(b, &node); err != nil {
		return nil, err
	}
	var d file
	if err := decode(&node, &d); err != nil {
		return nil, err
	}
	for n, s := range d.Components.Schemas {
		if s == nil { // a schema without any key: any value
			d.Components.Schemas[n] = &Schema{Keys: M{}, Props: map[string]M{}}
		}
	}
	return &Doc{
		File: name, GV: d.GV, Resources: d.Resources, Schemas: d.Components.Schemas, Columns: d.Columns, Models: d.Models, Node: &node,
	}, nil
}

// file is a model file as it is written.
type file struct {
	OpenAPI    string `yaml:"openapi"`
	Info       M
	Models     Models               `yaml:"x-models"`
	GV         GroupVersion         `yaml:"x-kubernetes-group-version"`
	Resources  resources            `yaml:"x-kubernetes-resources"`
	Columns    map[string]yaml.Node `yaml:"x-kubernetes-columns"`
	Paths      M
	Components struct{ Schemas map[string]*Schema }
}

type resources []Resource

// UnmarshalYAML keeps the order of the rows and takes their names from the keys.
func (r *resources) UnmarshalYAML(n *yaml.Node) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		x := Resource{Name: n.Content[i].Value, Line: n.Content[i].Line}
		if err := decode(n.Content[i+1], &x); err != nil {
			return fmt.Errorf("row %s: %w", x.Name, err)
		}
		*r = append(*r, x)
	}
	return nil
}

// UnmarshalYAML keeps the order of the properties.
func (s *Schema) UnmarshalYAML(n *yaml.Node) error {
	s.Keys, s.Props = M{}, map[string]M{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i].Value, n.Content[i+1]
		if k != "properties" {
			var x any
			if err := v.Decode(&x); err != nil {
				return err
			}
			s.Keys[k] = x
			continue
		}
		for j := 0; j+1 < len(v.Content); j += 2 {
			var p M
			if err := v.Content[j+1].Decode(&p); err != nil {
				return err
			}
			s.Order = append(s.Order, v.Content[j].Value)
			s.Props[v.Content[j].Value] = p
		}
	}
	return nil
}
