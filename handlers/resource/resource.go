// Package resource joins what is known of a resource: its row of facts, the constructors of its kind, its codec and its
// strategy. Verbs, admission and discovery work on Resources and never ask whether one is built in or custom.
package resource

import (
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Resource is one resource or subresource in one version. It is immutable once it is in a Registry.
type Resource struct {
	resources.Row
	// New makes an empty object of the body's kind, apiVersion and kind set.
	New func() runtime.Object
	// Codec is the stored form; nil for what is not stored. A subresource that is a part of its parent's object, or a view of
	// it, has the codec of its parent; one that is an action or a connection has none.
	Codec Codec
	// Body reads the bodies of writes, and of what a subresource's answers are; nil for connections.
	Body Body
	// Default fills defaults, those of the schema and those of the strategy; nil when there are none.
	Default func(o object.Object)
	// DropDisabled clears the fields of features that are off, before an object is prepared; old, nil for a create, keeps what it
	// has of them. Nil when there are none.
	DropDisabled func(o, old object.Object)
	// Rules finds what breaks the field rules of the schema, without the faults that old, nil for a new object, has too;
	// Immutable finds what may not differ from old. Nil when there are none.
	Rules     func(o, old object.Object) field.ErrorList
	Immutable func(o, old object.Object) field.ErrorList
	// FieldManager keeps account of who owns the fields that are written here; nil where nobody does: actions, connections.
	FieldManager FieldManager
	// Owners carries owners between the object and its view, for subresources that are one (scale); nil for all others.
	Owners OwnersOfView
	// Columns are what tables print of the objects.
	Columns Columns
	// ShownBy reads stored objects as Columns show them, and NewShown makes an empty one, where that is not the version of the
	// bodies; nil for most.
	ShownBy  Codec
	NewShown func() runtime.Object
	// Document is what the resource adds to the OpenAPI documents; nil for built-in ones, whose documents are ready-made.
	Document Document
	// ListKind is the kind of lists; empty for the usual one, the kind with List behind it.
	ListKind string
	// Strategy is never nil; for a subresource it is its own, not its parent's.
	Strategy *Strategy
	// Parent is the resource that a subresource belongs to; nil for a resource.
	Parent *Resource
	// Subresources by name.
	Subresources map[string]*Resource
}

// Columns are the columns of tables. Cells has one value per definition; now is what ages are counted to.
type Columns struct {
	Definitions []metav1.TableColumnDefinition
	Cells       func(o object.Object, now time.Time) []any
	// Conditions are those of the row; nil when rows of this kind have none.
	Conditions func(o object.Object) []metav1.TableRowCondition
	// Compare orders the rows of lists; nil leaves them in the order of the list.
	Compare func(a, b object.Object) int
	// Standard columns are those of a kind that states none. A table of them without rows has null for its rows.
	Standard bool
}

// Shown is a stored object as Columns show it.
func (r *Resource) Shown(stored []byte, revision int64) (object.Object, error) {
	if r.ShownBy != nil {
		return r.ShownBy.Decode(stored, revision)
	}
	return r.Codec.Decode(stored, revision)
}

// GVR is the group, version and (plural) resource.
func (r *Resource) GVR() schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: r.Group, Version: r.Version, Resource: r.Resource}
}

// GroupResource is what error messages name.
func (r *Resource) GroupResource() schema.GroupResource {
	return schema.GroupResource{Group: r.Group, Resource: r.Resource}
}

// HomeGroup is the group that upstream's own types of the objects are in, which some messages tell: that of the stored
// form, for everything that is stored.
func (r *Resource) HomeGroup() string {
	if r.Storage == "" {
		return r.KindGroup
	}
	group, _, _ := strings.Cut(r.Storage, "/")
	return group
}

// GVK is the kind of the bodies.
func (r *Resource) GVK() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: r.KindGroup, Version: r.KindVersion, Kind: r.Kind}
}

// ListGVK is the kind of lists of the bodies.
func (r *Resource) ListGVK() schema.GroupVersionKind {
	gvk := r.GVK()
	if gvk.Kind += "List"; r.ListKind != "" {
		gvk.Kind = r.ListKind
	}
	return gvk
}

// HasVerb says whether the row lists the verb.
func (r *Resource) HasVerb(verb string) bool {
	for _, v := range r.Verbs {
		if v == verb {
			return true
		}
	}
	return false
}

// HasStatus says whether status is kept apart from spec: main writes keep the old status, status writes the old rest.
func (r *Resource) HasStatus() bool { return r.Subresources["status"] != nil }

// Lifetime is how long an object lives after its last write; 0 is for ever.
func (r *Resource) Lifetime() time.Duration { return time.Duration(r.TTL) * time.Second }

// Keys is where the objects lie in the store.
func (r *Resource) Keys() storage.Collection { return Keys(&r.Row) }

// Prefix is what the keys of all objects begin with: /pods/.
func (r *Resource) Prefix() string { return r.Keys().Prefix() }

// ObjectKey is the key of one object. The namespace is empty for a cluster-scoped resource.
func (r *Resource) ObjectKey(namespace, name string) string { return r.Keys().Key(namespace, name) }

// SplitKey is the namespace and the name in the key of an object. The namespace is empty for a cluster-scoped resource.
func (r *Resource) SplitKey(key string) (namespace, name string) { return r.Keys().Split(key) }

// Converter turns objects of one version into another of the same kind.
type Converter func(in object.Object) (object.Object, error)
