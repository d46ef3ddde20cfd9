package resource

import (
	"cmp"
	"iter"
	"slices"

	"k8s.io/apimachinery/pkg/version"
)

// Group is one group of the API as it is served at a moment. It is immutable.
type Group struct {
	Name string
	// Priority is the highest of the versions' group priorities.
	Priority int
	// Versions are in the order of discovery, the preferred one first.
	Versions []*Version
}

// Version finds a version by name; nil when it is not served.
func (g *Group) Version(name string) *Version {
	for _, v := range g.Versions {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// Has says whether a version of the group comes from a source.
func (g *Group) Has(s Source) bool {
	return slices.ContainsFunc(g.Versions, func(v *Version) bool { return v.Source == s })
}

// Version is one version of a group as it is served at a moment. It is immutable: another content is another Version, so
// what is made of one (a document, a part of discovery) may be kept for as long as the pointer is the same.
type Version struct {
	Group, Name string
	Source      Source
	// GroupPriority and Priority order groups, and the versions of a group, in discovery: the highest first.
	GroupPriority, Priority int
	// Elsewhere is the server that answers all requests of this group-version; nil for resources of this one.
	Elsewhere *Elsewhere

	resources sorted[*Resource]
}

// Elsewhere is a group-version that another server serves.
type Elsewhere struct {
	Group, Version          string
	GroupPriority, Priority int
	// Discovered is what the other server says of the version in aggregated discovery (an APIVersionDiscovery); nil while
	// nothing is known.
	Discovered Message
	// Document is what is published of it; nil for nothing.
	Document Document
	// Connector answers every request on the group-version and below it. It goes by the request's path.
	Connector Connector
}

// Message is JSON by reflection and protobuf by its method.
type Message interface{ Marshal() ([]byte, error) }

// Resource finds a resource by its plural name; nil when it is not served here.
func (v *Version) Resource(name string) *Resource {
	r, _ := v.resources.get(name)
	return r
}

// Resources are those of this server, by name, which is their order in discovery.
func (v *Version) Resources() iter.Seq[*Resource] {
	return func(yield func(*Resource) bool) {
		for _, r := range v.resources.all() {
			if !yield(r) {
				return
			}
		}
	}
}

// Len is how many resources Resources yields.
func (v *Version) Len() int { return v.resources.length }

// isEmpty says that nothing is served of the version any more.
func (v *Version) isEmpty() bool { return v.Elsewhere == nil && v.resources.length == 0 }

// newGroup puts versions in order; nil without any.
func newGroup(name string, versions []*Version) *Group {
	if len(versions) == 0 {
		return nil
	}
	slices.SortFunc(versions, func(a, b *Version) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), version.CompareKubeAwareVersionStrings(b.Name, a.Name))
	})
	g := &Group{Name: name, Versions: versions, Priority: versions[0].GroupPriority}
	for _, v := range versions {
		g.Priority = max(g.Priority, v.GroupPriority)
	}
	return g
}

// byPriority is the order of groups in discovery.
func byPriority(a, b *Group) int {
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.Name, b.Name))
}
