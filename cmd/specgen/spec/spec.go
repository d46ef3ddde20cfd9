// Package spec loads openapi/<group>/<version>.yaml and keeps the order of properties.
package spec

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

type M = map[string]any

type Doc struct {
	File      string // core/v1
	GV        GroupVersion
	Resources []Resource
	Schemas   map[string]*Schema
	// Columns are x-kubernetes-columns by kind: a list, or the name of the version beside this one that has it.
	Columns map[string]yaml.Node
}

type GroupVersion struct {
	Group, Version     string
	Preferred, Enabled bool
	Order              int
}

// Model is the whole of openapi/ by file: core/v1, apps/v1, ...
type Model map[string]*Doc

// File is the file of a group-version; empty when there is none.
func (m Model) File(group, version string) string {
	for file, d := range m {
		if d.GV.Version != "" && d.GV.Group == group && d.GV.Version == version {
			return file
		}
	}
	return ""
}

// KindOf is the group and version of a row's kind: the row's own, or those that the row names.
func (d *Doc) KindOf(r Resource) (group, version string) {
	group, version = d.GV.Group, d.GV.Version
	if r.Group != nil {
		group = *r.Group
	}
	if r.Version != nil {
		version = *r.Version
	}
	return group, version
}

type Resource struct {
	Name              string `yaml:"-"`
	Kind              string
	Namespaced        bool
	Verbs             []string
	Group, Version    *string // of the kind, when they differ from the file's
	Connect           []string
	Path              bool
	Params            map[string]string
	Singular          string
	ShortNames        []string `yaml:"shortNames"`
	Categories        []string
	Storage           string // version it is stored in: v2, or core/v1 when in another file
	Key               string // the part of the etcd key between prefix and namespace; the plural name when absent
	CreateOnUpdate    bool   `yaml:"createOnUpdate"`
	ConditionalUpdate bool   `yaml:"conditionalUpdate"`
	Fields            []string
	TTL               int
	// Text: the answer is plain text and not an object.
	Text bool
	// Generation: metadata.generation starts at 1 and rises with the content.
	Generation bool
	// StatusKeeps is the metadata that a write to the status subresource cannot change; it stands on the status row.
	StatusKeeps []string `yaml:"statusKeeps"`
	// CreateStatus: a create keeps the status it brings.
	CreateStatus bool `yaml:"createStatus"`
	// ReturnsDeleted: a delete answers with the object instead of a Status.
	ReturnsDeleted bool `yaml:"returnsDeleted"`
	// Scale says where a scale row's numbers are in its parent.
	Scale *Scale
}

// Scale are paths into a scalable object.
type Scale struct {
	SpecReplicas   string `yaml:"specReplicas"`
	StatusReplicas string `yaml:"statusReplicas"`
	Selector       string
}

type Schema struct {
	Keys  M        // everything but properties
	Order []string // property names
	Props map[string]M
}

func (s *Schema) Required() map[string]bool {
	out := map[string]bool{}
	l, _ := s.Keys["required"].([]any)
	for _, r := range l {
		out[r.(string)] = true
	}
	return out
}

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

type resources []Resource

func (r *resources) UnmarshalYAML(n *yaml.Node) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		var x Resource
		if err := n.Content[i+1].Decode(&x); err != nil {
			return err
		}
		x.Name = n.Content[i].Value
		*r = append(*r, x)
	}
	return nil
}

func Load(dir string) (Model, error) {
	fs, err := filepath.Glob(dir + "/*/*.yaml")
	if err != nil {
		return nil, err
	}
	out := Model{}
	for _, f := range fs {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		var d struct {
			GV         GroupVersion         `yaml:"x-kubernetes-group-version"`
			Resources  resources            `yaml:"x-kubernetes-resources"`
			Columns    map[string]yaml.Node `yaml:"x-kubernetes-columns"`
			Components struct{ Schemas map[string]*Schema }
		}
		if err := yaml.Unmarshal(b, &d); err != nil {
			return nil, err
		}
		rel, _ := filepath.Rel(dir, f)
		k := strings.TrimSuffix(filepath.ToSlash(rel), ".yaml")
		for n, s := range d.Components.Schemas {
			if s == nil { // a schema without any key: any value
				d.Components.Schemas[n] = &Schema{Keys: M{}, Props: map[string]M{}}
			}
		}
		out[k] = &Doc{k, d.GV, d.Resources, d.Components.Schemas, d.Columns}
	}
	return out, nil
}

// Ref resolves a $ref written in file.
func Ref(ref, file string) (target, name string) {
	f, n, _ := strings.Cut(ref, "#/components/schemas/")
	if f == "" {
		return file, n
	}
	return strings.TrimSuffix(path.Join(path.Dir(file), f), ".yaml"), n
}

// GoType is where the Go type of a schema lives when it is not generated: apimachinery's own types for object metadata,
// times, quantities and so on, so that every library of the field works on our objects as they are.
type GoType struct{ Import, Alias, Name string }

func (g GoType) String() string { return g.Alias + "." + g.Name }

var apimachinery = map[string]GoType{
	"Quantity":     {"k8s.io/apimachinery/pkg/api/resource", "resource", "Quantity"},
	"IntOrString":  {"k8s.io/apimachinery/pkg/util/intstr", "intstr", "IntOrString"},
	"RawExtension": {"k8s.io/apimachinery/pkg/runtime", "runtime", "RawExtension"},
	"Info":         {"k8s.io/apimachinery/pkg/version", "version", "Info"},
}

// AnyJSON are the schemas whose value is arbitrary JSON or a union; in Go they are json.RawMessage.
var AnyJSON = map[string]bool{"JSON": true, "JSONSchemaPropsOrBool": true, "JSONSchemaPropsOrArray": true, "JSONSchemaPropsOrStringArray": true}

// External tells the Go type of a schema that is not generated.
func External(file, name string) (GoType, bool) {
	if file != "meta/v1" {
		return GoType{}, false
	}
	if g, ok := apimachinery[name]; ok {
		return g, true
	}
	return GoType{"k8s.io/apimachinery/pkg/apis/meta/v1", "metav1", name}, true
}

// Alias is the import name of a file's package: corev1, resourcev1beta1.
func Alias(file string) string { return strings.ReplaceAll(file, "/", "") }
