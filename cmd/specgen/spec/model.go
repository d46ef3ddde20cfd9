// Package spec reads the resource model in openapi/: the files <group>/<version>.yaml with their resource rows and schemas,
// and the hand-written paths in server/. It keeps the order of properties, which decides the order of fields in Go and in
// JSON, and it refuses keys that the grammar (grammar.go, openapi/README.md) does not have.
package spec

import "go.yaml.in/yaml/v3"

// M is a YAML or JSON object.
type M = map[string]any

// Model is the whole of openapi/ by file: core/v1, apps/v1, ...
type Model map[string]*Doc

// Doc is one file of the model.
type Doc struct {
	// File is the path of the file under openapi/ without its extension: core/v1.
	File      string
	GV        GroupVersion
	Resources []Resource
	Schemas   map[string]*Schema
	// Columns are x-kubernetes-columns by kind: a list, or the name of the version beside this one that has it.
	Columns map[string]yaml.Node
	Models  Models
	// Node is the file as it was parsed, for messages that name a line.
	Node *yaml.Node
}

// Models is x-models: how the file's schemas are known outside.
type Models struct {
	// Prefix is what precedes a schema's name in the published documents. When it is empty it is made of group and version as
	// for custom resources: dev.example.widgets.v1.
	Prefix string
	// Package is the linked Go package whose types describe the schemas by their SwaggerDoc methods; empty for none.
	Package string
}

// GroupVersion is x-kubernetes-group-version. Only meta/v1, which has no resources, is without.
type GroupVersion struct {
	Group, Version string
	// Preferred is the version of its group that clients take when they have the choice.
	Preferred bool
	// Enabled versions are served unless --runtime-config says otherwise.
	Enabled bool
	// GroupPriority is the place of the group in discovery, the highest first and groups of one priority by name;
	// VersionPriority is that of the version in its group.
	GroupPriority   int `yaml:"groupPriority"`
	VersionPriority int `yaml:"versionPriority"`
}

// Resource is a row: the facts of one resource or subresource.
type Resource struct {
	// Name is the plural name, or parent/subresource.
	Name string `yaml:"-"`
	// Line is the line of the row in its file.
	Line       int `yaml:"-"`
	Kind       string
	Namespaced bool
	Verbs      []string
	// Group and Version are those of the kind, where they differ from the file's.
	Group, Version *string
	// Connect lists the HTTP methods of a subresource that is a connection.
	Connect []string
	// Path: a connection takes a path after its own.
	Path bool
	// Params are query parameters beyond the usual ones, with their types.
	Params     map[string]string
	Singular   string
	ShortNames []string `yaml:"shortNames"`
	Categories []string
	// Storage is the version that objects are stored in: v2, or core/v1 when that is in another file.
	Storage string
	// StoredAsJSON: objects lie in the store as JSON instead of protobuf.
	StoredAsJSON bool `yaml:"storedAsJSON"`
	// DefaultedWhenRead are paths of fields that may be empty in the store although readers find their defaults there.
	DefaultedWhenRead []string `yaml:"defaultedWhenRead"`
	// ShownAs is the version whose objects tables are made of; the file's own when absent.
	ShownAs string `yaml:"shownAs"`
	// FieldAnnotations are annotations that are not shown where only the metadata is: they stand for fields.
	FieldAnnotations []string `yaml:"fieldAnnotations"`
	// Key is the part of the etcd key between prefix and namespace; the plural name when absent.
	Key               string
	CreateOnUpdate    bool `yaml:"createOnUpdate"`
	ConditionalUpdate bool `yaml:"conditionalUpdate"`
	Fields            []string
	// ComputedFields are the fields that are no paths into the object: a strategy computes them.
	ComputedFields []string `yaml:"computedFields"`
	// FieldAliases are older names of selectable fields that clients still use, each with the present one.
	FieldAliases map[string]string `yaml:"fieldAliases"`
	// UnknownField is what a client is told that selects by another field; {field} stands for it.
	UnknownField string `yaml:"unknownField"`
	TTL          int
	// Uncached: upstream has no watch cache for the resource, and reads it from etcd.
	Uncached bool
	// Text: the answer is plain text and not an object.
	Text bool
	// BodyVersions are older versions of the kind that bodies may be in too.
	BodyVersions []string `yaml:"bodyVersions"`
	// Generation: metadata.generation starts at 1 and rises with the content.
	Generation bool
	// StatusKeeps is the metadata that a write to the status subresource cannot change; it stands on the status row.
	StatusKeeps []string `yaml:"statusKeeps"`
	// ResetFields are what a write to this row sets back to what it was: nobody owns it through this row.
	ResetFields []string `yaml:"resetFields"`
	// Dependents is what becomes of an object's dependents when a delete does not say: orphan; none when it can have none.
	Dependents string
	// OrphanWarning is what a client is told that does not say it.
	OrphanWarning string `yaml:"orphanWarning"`
	// CreateStatus: a create keeps the status it brings.
	CreateStatus bool `yaml:"createStatus"`
	// Warning is what every answer about the resource warns of: that it is deprecated.
	Warning string
	// ReturnsDeleted: a delete answers with the object instead of a Status.
	ReturnsDeleted bool `yaml:"returnsDeleted"`
	// Scale says where a scale row's numbers are in its parent.
	Scale *Scale
	// Gate is the feature gate that must be on for the resource, and its subresources, to be served.
	Gate string
	// Lifecycle is when the version came and when it was deprecated.
	Lifecycle *Lifecycle
}

// Scale are paths into a scalable object.
type Scale struct {
	SpecReplicas   string `yaml:"specReplicas"`
	StatusReplicas string `yaml:"statusReplicas"`
	Selector       string
}

// Lifecycle has releases like v1.36.
type Lifecycle struct {
	Introduced, Deprecated string
}

// Schema is a named schema.
type Schema struct {
	// Keys is everything but properties.
	Keys M
	// Order has the names of the properties as written.
	Order []string
	Props map[string]M
}

// Required is the set of required properties.
func (s *Schema) Required() map[string]bool {
	out := map[string]bool{}
	l, _ := s.Keys["required"].([]any)
	for _, r := range l {
		if name, ok := r.(string); ok {
			out[name] = true
		}
	}
	return out
}

// Any says whether a schema says nothing, a description aside, which allows any JSON: in Go it is json.RawMessage.
func (s *Schema) Any() bool {
	n := len(s.Keys)
	if _, ok := s.Keys["description"]; ok {
		n--
	}
	return n == 0 && len(s.Props) == 0
}

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
