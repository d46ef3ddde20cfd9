package kube

import (
	"net/url"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Row is what a client knows of a resource. The rows of the built-in resources are generated (types/...); others are made by
// hand.
type Row struct {
	Group, Version string
	// Resource is the plural name, as in the path.
	Resource       string
	Kind, ListKind string
	Singular       string
	ShortNames     []string
	Namespaced     bool
	Verbs          []string
	Subresources   []Subresource
}

// Subresource is something below a resource: status, scale, log, exec.
type Subresource struct {
	Name string
	// Group, Version and Kind are those of the bodies.
	Group, Version, Kind string
	Verbs                []string
	// Connect are the HTTP methods of a connection, which has no verbs.
	Connect []string
	// Text says that the answer is plain text.
	Text bool
}

// apiVersion is group and version as objects say it.
func (r *Row) apiVersion() string {
	if r.Group == "" {
		return r.Version
	}
	return r.Group + "/" + r.Version
}

func (r *Row) kind() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: r.Group, Version: r.Version, Kind: r.Kind}
}

// path is the path of the collection, of an object or of what lies below it.
func (r *Row) path(namespace, name string, below ...string) string {
	p := "/apis/" + r.Group + "/" + r.Version
	if r.Group == "" {
		p = "/api/" + r.Version
	}
	if r.Namespaced && namespace != "" {
		p += "/namespaces/" + url.PathEscape(namespace)
	}
	p += "/" + r.Resource
	if name != "" {
		p += "/" + url.PathEscape(name)
	}
	for _, b := range below {
		p += "/" + b
	}
	return p
}

// sub is the subresource of a name; nil when there is none.
func (r *Row) sub(name string) *Subresource {
	i := slices.IndexFunc(r.Subresources, func(s Subresource) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &r.Subresources[i]
}
