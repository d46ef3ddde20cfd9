package kube

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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

// Resource is a row with the Go types of its objects and lists.
type Resource[T, L any] struct {
	Row
	// Items are the parts of a list.
	Items func(*L) (*metav1.ListMeta, *[]T)
}

// NoList is the list of what cannot be listed.
type NoList struct{}
