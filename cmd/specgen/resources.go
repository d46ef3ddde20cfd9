package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/cmd/specgen/spec"
)

// writeResources writes gen/resources: the resource rows and the constructors of all kinds.
func writeResources(m spec.Model, out output) error {
	var imports, kinds strings.Builder
	for _, file := range slices.Sorted(maps.Keys(m)) {
		d := m[file]
		if d.GV.Version == "" {
			continue
		}
		fmt.Fprintf(&imports, "\t%s %q\n", spec.Alias(file), modulePath+"/gen/types/"+file)
		for _, name := range slices.Sorted(maps.Keys(d.Schemas)) {
			if d.Schemas[name].Keys["x-kind"] == true {
				fmt.Fprintf(&kinds, "\t{Group: %q, Version: %q, Kind: %q}: func() runtime.Object { return new(%s.%s) },\n", d.GV.Group, d.GV.Version, name, spec.Alias(file), name)
			}
		}
	}
	err := out.goFile("resources/kinds.gen.go", "package resources\n\nimport (\n\t\"k8s.io/apimachinery/pkg/runtime\"\n\t\"k8s.io/apimachinery/pkg/runtime/schema\"\n\n"+imports.String()+")\n\n"+
		"// Kinds makes an empty object of each built-in kind; its apiVersion and kind are not set.\nvar Kinds = map[schema.GroupVersionKind]func() runtime.Object{\n"+kinds.String()+"}\n")
	if err != nil {
		return err
	}
	return writeRows(m, out)
}

// writeRows writes the table of resource rows, in the order of /apis and of each file.
func writeRows(m spec.Model, out output) error {
	files := slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(m[b].GV.GroupPriority, m[a].GV.GroupPriority), cmp.Compare(a, b))
	})
	var rows strings.Builder
	for _, file := range files {
		if m[file].GV.Version == "" {
			continue
		}
		for _, r := range m[file].Resources {
			rows.WriteString(rowSource(m, m[file], r))
		}
	}
	return out.goFile("resources/rows.gen.go", rowsHead+rows.String()+"}\n")
}

// rowSource is the Go literal of one row. Fields with their zero value are left out.
func rowSource(m spec.Model, d *spec.Doc, r spec.Resource) string {
	main, sub, _ := strings.Cut(r.Name, "/")
	group, version := d.KindOf(r)
	var row strings.Builder
	fmt.Fprintf(&row, "\t{Group: %q, Version: %q, Resource: %q, Subresource: %q, Kind: %q, KindGroup: %q, KindVersion: %q,\n\t\tNamespaced: %v, Verbs: %#v", d.GV.Group, d.GV.Version, main, sub, r.Kind, group, version, r.Namespaced, r.Verbs)
	for _, f := range []struct {
		name  string
		value any
		zero  bool
	}{
		{"Enabled", d.GV.Enabled, !d.GV.Enabled},
		{"GroupPriority", d.GV.GroupPriority, d.GV.GroupPriority == 0},
		{"VersionPriority", d.GV.VersionPriority, d.GV.VersionPriority == 0},
		{"Singular", r.Singular, r.Singular == ""},
		{"ShortNames", r.ShortNames, r.ShortNames == nil},
		{"Categories", r.Categories, r.Categories == nil},
		{"Connect", r.Connect, r.Connect == nil},
		{"Text", r.Text, !r.Text},
		{"BodyVersions", r.BodyVersions, r.BodyVersions == nil},
		{"Storage", storage(m, d, r), r.Storage == ""},
		{"StoredAsJSON", r.StoredAsJSON, !r.StoredAsJSON},
		{"DefaultedWhenRead", r.DefaultedWhenRead, r.DefaultedWhenRead == nil},
		{"ShownAs", r.ShownAs, r.ShownAs == ""},
		{"FieldAnnotations", r.FieldAnnotations, r.FieldAnnotations == nil},
		{"Key", r.Key, r.Key == ""},
		{"CreateOnUpdate", r.CreateOnUpdate, !r.CreateOnUpdate},
		{"ConditionalUpdate", r.ConditionalUpdate, !r.ConditionalUpdate},
		{"Fields", r.Fields, r.Fields == nil},
		{"FieldAliases", r.FieldAliases, r.FieldAliases == nil},
		{"UnknownField", r.UnknownField, r.UnknownField == ""},
		{"TTL", r.TTL, r.TTL == 0},
		{"Uncached", r.Uncached, !r.Uncached},
		{"Generation", r.Generation, !r.Generation},
		{"StatusKeeps", r.StatusKeeps, r.StatusKeeps == nil},
		{"ResetFields", r.ResetFields, r.ResetFields == nil},
		{"OrphanDependents", r.Dependents == "orphan", r.Dependents != "orphan"},
		{"NoDependents", r.Dependents == "none", r.Dependents != "none"},
		{"OrphanWarning", r.OrphanWarning, r.OrphanWarning == ""},
		{"CreateStatus", r.CreateStatus, !r.CreateStatus},
		{"ReturnsDeleted", r.ReturnsDeleted, !r.ReturnsDeleted},
		{"Warning", r.Warning, r.Warning == ""},
		{"Gate", gate(d, r), gate(d, r) == ""},
	} {
		if !f.zero {
			fmt.Fprintf(&row, ", %s: %#v", f.name, f.value)
		}
	}
	if s := r.Scale; s != nil {
		fmt.Fprintf(&row, ", Scale: &Scale{SpecReplicas: %q, StatusReplicas: %q, Selector: %q}", s.SpecReplicas, s.StatusReplicas, s.Selector)
	}
	row.WriteString("},\n")
	return row.String()
}

// storage is the group/version that a row's objects are kept in.
func storage(m spec.Model, d *spec.Doc, r spec.Resource) string {
	if r.Storage == "" {
		return ""
	}
	if strings.Contains(r.Storage, "/") {
		return m[r.Storage].GV.Group + "/" + m[r.Storage].GV.Version
	}
	return d.GV.Group + "/" + r.Storage
}

// gate is the feature gate of a row: a subresource has its parent's.
func gate(d *spec.Doc, r spec.Resource) string {
	parent, _, _ := strings.Cut(r.Name, "/")
	for _, row := range d.Resources {
		if row.Name == parent {
			return row.Gate
		}
	}
	return r.Gate
}

const rowsHead = `// Package resources has the facts of every built-in resource: one row for each resource and subresource.
package resources

// Row is one resource or subresource of one version, as openapi/ states it.
type Row struct {
	Group, Version, Resource, Subresource string
	// Kind is the kind of the bodies; its group and version differ from the row's for scale, eviction and token.
	Kind, KindGroup, KindVersion string
	Namespaced                   bool
	// Enabled rows are served unless --runtime-config says otherwise.
	Enabled bool
	// GroupPriority orders groups in discovery, the highest first, and VersionPriority the versions of a group.
	GroupPriority, VersionPriority int
	Verbs                          []string
	Singular               string
	ShortNames, Categories []string
	// Connect lists the HTTP methods of a subresource that is a connection and not an object.
	Connect []string
	// Text: the answer is plain text, which is not in the store, and no object. Kind is only what discovery names.
	Text bool
	// BodyVersions are older versions of the kind, with the same fields, that bodies may be in too.
	BodyVersions []string
	// Storage is the group/version of the stored form; empty for what is not stored.
	Storage string
	// StoredAsJSON rows lie in the store as JSON; the others as protobuf.
	StoredAsJSON bool
	// DefaultedWhenRead are paths, like status.phase, of fields that may be empty in the store although readers find
	// their defaults there: they are cleared, or their defaults decided, after an object was defaulted and before it is stored.
	DefaultedWhenRead []string
	// ShownAs is the version whose objects tables are made of; empty where it is the row's own.
	ShownAs string
	// FieldAnnotations are left out where only the metadata is shown: they stand for fields.
	FieldAnnotations []string
	// Key is the part of the key after the prefix, before namespace and name.
	Key string
	// CreateOnUpdate lets PUT create what is missing.
	CreateOnUpdate bool
	// ConditionalUpdate refuses a PUT without resourceVersion.
	ConditionalUpdate bool
	// Fields are the selectable fields beyond metadata.name and metadata.namespace.
	Fields []string
	// FieldAliases are older names of selectable fields, each with the present one.
	FieldAliases map[string]string
	// UnknownField is the error for a field selector by another field, which {field} stands for; empty for the usual words.
	UnknownField string
	// TTL is the life of an object in seconds after its last write; 0 is for ever.
	TTL int
	// Uncached: upstream has no watch cache for the resource, so resourceVersion=0 is a quorum read there.
	Uncached bool
	// Generation rows number the states of an object's content: 1 at creation, one more with each change of anything but
	// metadata and status. Where it is false the verbs leave metadata.generation to the writer at creation and keep it
	// afterwards.
	Generation bool
	// StatusKeeps are the parts of the metadata (labels, annotations, finalizers, ownerReferences) that a write to this
	// status row takes from the old object; nil when all may change.
	StatusKeeps []string
	// ResetFields are paths that a write to the row sets back to what they were, so that server-side apply gives nobody the
	// ownership of them.
	ResetFields []string
	// OrphanDependents: a delete that does not say what becomes of dependents leaves them. NoDependents: there are none.
	OrphanDependents, NoDependents bool
	// OrphanWarning is told to a client whose delete does not say it; empty for most.
	OrphanWarning string
	// CreateStatus lets a create bring its status; otherwise it is emptied where there is a status row.
	CreateStatus bool
	// ReturnsDeleted answers a delete with the object that is gone instead of a Status.
	ReturnsDeleted bool
	// Warning goes with every answer about the resource; empty for most.
	Warning string
	// Gate is the feature gate that must be on for the row to be served; empty for most.
	Gate string
	// Scale is set on scale rows.
	Scale *Scale
}

// Scale says where the numbers of a scalable object are, as paths like .spec.replicas.
type Scale struct {
	// Selector leads to a label selector, to a map of labels or to a string.
	SpecReplicas, StatusReplicas, Selector string
}

// Rows are in the order of discovery.
var Rows = []Row{
`
