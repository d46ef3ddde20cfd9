package kube

import (
	"context"
	"iter"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// pageSize is how many objects List asks for at a time.
const pageSize = 500

// List reads all objects, page after page as the loop goes on. After an error it ends.
func (b Bound[T, L]) List(ctx context.Context, opts ...Option) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		for object, err := range b.scope.all(ctx, b.form(), nil, opts) {
			typed, _ := object.(*T)
			if !yield(typed, err) {
				return
			}
		}
	}
}

// Page reads one page: as many objects as Limit says, or all.
func (b Bound[T, L]) Page(ctx context.Context, opts ...Option) (*L, error) {
	list, err := b.scope.page(ctx, b.form(), optionsOf(opts))
	if err != nil {
		return nil, err
	}
	return list.(*L), nil
}

// page reads one page.
func (s scope) page(ctx context.Context, f form, o options) (any, error) {
	list := f.list()
	if err := s.call(ctx, request{method: http.MethodGet, path: s.row.path(s.namespace, "")}, o, list); err != nil {
		return nil, err
	}
	_, items := f.items(list)
	for item := range items {
		setKind(item, s.row)
	}
	return list, nil
}

// all reads all pages. done is told the metadata of the last one.
func (s scope) all(ctx context.Context, f form, done func(*metav1.ListMeta), opts []Option) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		o := optionsOf(append([]Option{Limit(pageSize)}, opts...))
		for {
			list, err := s.page(ctx, f, o)
			if err != nil {
				yield(nil, err)
				return
			}
			meta, items := f.items(list)
			for item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if meta.Continue == "" {
				if done != nil {
					done(meta)
				}
				return
			}
			o.query.Set("continue", meta.Continue)
			// A continuation has its version in itself, and servers refuse both.
			o.query.Del("resourceVersion")
			o.query.Del("resourceVersionMatch")
		}
	}
}
