package kube

import (
	"context"
	"iter"

	"k8s.io/apimachinery/pkg/watch"
)

// Event is a change of an object: watch.Added, watch.Modified, watch.Deleted, and watch.Bookmark for those who asked.
type Event[T any] struct {
	Type   watch.EventType
	Object *T
}

// Watch tells what there is, as added, and then what changes, until the context or the loop ends. With ResourceVersion it tells
// what has changed since that version instead.
//
// It connects again when a connection ends or breaks, and goes on where it was. When the server has forgotten what happened
// since, it lists again and tells the difference; only a watch from a ResourceVersion of the caller ends with the error then
// (apierrors.IsResourceExpired, IsGone), because it cannot know the difference. An object that was found to be gone in such a list
// has its metadata alone.
func (b Bound[T, L]) Watch(ctx context.Context, opts ...Option) iter.Seq2[Event[T], error] {
	return func(yield func(Event[T], error) bool) {
		w := newWatcher(b.scope, b.form(), opts)
		for event, err := range w.events(ctx) {
			typed, _ := event.object.(*T)
			if !yield(Event[T]{event.kind, typed}, err) {
				return
			}
		}
	}
}
