package kube

import (
	"context"
	"fmt"
	"iter"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// Resource is a row with the Go types of its objects and lists.
type Resource[T, L any] struct {
	Row
	// Items are the parts of a list.
	Items func(*L) (*metav1.ListMeta, *[]T)
}

// NoList is the list of what cannot be listed.
type NoList struct{}

// In is the resource in one namespace of a client's server.
func (r *Resource[T, L]) In(c *Client, namespace string) Bound[T, L] {
	return Bound[T, L]{&r.Row, scope{c, &r.Row, namespace}, r}
}

// On is the resource in all namespaces, or in the cluster when it lies in none.
func (r *Resource[T, L]) On(c *Client) Bound[T, L] { return r.In(c, "") }

// Bound is a resource of one server, in one namespace or in all. Its methods are the operations; what a resource cannot do, the
// server refuses.
type Bound[T, L any] struct {
	// Row says what the resource is.
	Row      *Row
	scope    scope
	resource *Resource[T, L]
}

// In is the same resource in another namespace.
func (b Bound[T, L]) In(namespace string) Bound[T, L] {
	return b.resource.In(b.scope.client, namespace)
}

// scope is where requests go: it does what does not depend on the type of the objects.
type scope struct {
	client    *Client
	row       *Row
	namespace string
}

// form makes and takes apart the objects of a resource for code that does not know their types.
type form struct {
	object func() any
	list   func() any
	// items are a list's metadata and pointers to its items.
	items func(any) (*metav1.ListMeta, iter.Seq[any])
}

func (b Bound[T, L]) form() form {
	return form{
		object: func() any { return new(T) },
		list:   func() any { return new(L) },
		items: func(list any) (*metav1.ListMeta, iter.Seq[any]) {
			meta, items := b.resource.Items(list.(*L))
			return meta, func(yield func(any) bool) {
				for i := range *items {
					if !yield(&(*items)[i]) {
						return
					}
				}
			}
		},
	}
}

// meta is the metadata of an object of any kind; nil for what has none.
func meta(object any) metav1.Object {
	m, _ := object.(metav1.Object)
	return m
}

// name says which object a write is about: what it says itself, in the namespace that the resource is bound to, or else in its own.
func (s scope) name(object any) (scope, string, error) {
	m := meta(object)
	if m == nil {
		return s, "", fmt.Errorf("%s: %T has no metadata", s.row.Resource, object)
	}
	if s.namespace == "" {
		s.namespace = m.GetNamespace()
	}
	return s, m.GetName(), nil
}

// path is the path of an object; one in a namespace can only be reached through it.
func (s scope) path(name string, below ...string) (string, error) {
	if s.row.Namespaced && s.namespace == "" {
		return "", fmt.Errorf("%s %q: no namespace is given", s.row.Resource, name)
	}
	if name == "" {
		return "", fmt.Errorf("%s: no name is given", s.row.Resource)
	}
	return s.row.path(s.namespace, name, below...), nil
}

// call sends a request with options and reads the answer into an object.
func (s scope) call(ctx context.Context, r request, o options, into any) error {
	r.query = o.query
	data, err := s.client.read(ctx, r)
	if err != nil || into == nil {
		return err
	}
	if err := decode(data, into); err != nil {
		return fmt.Errorf("%s %s: %w", r.method, r.path, err)
	}
	return nil
}

// write is call for what changes something: it says who does.
func (s scope) write(ctx context.Context, r request, o options, into any) error {
	if !o.query.Has("fieldManager") {
		o.query.Set("fieldManager", s.client.fieldManager)
	}
	return s.call(ctx, r, o, into)
}

// setKind tells an item of a list what it is, which lists say once for all.
func setKind(object any, row *Row) {
	if o, ok := object.(runtime.Object); ok && o.GetObjectKind().GroupVersionKind().Empty() {
		o.GetObjectKind().SetGroupVersionKind(row.kind())
	}
}
