package kube

import (
	"context"
	"fmt"
	"log/slog"
	"sync"

	"k8s.io/apimachinery/pkg/watch"
)

// Handlers are called by an informer, one at a time and in the order of the changes. Any of them may be nil. Objects belong to the
// informer's store and must not be altered.
type Handlers[T any] struct {
	// Add gets what is new; initial says that it was there when the informer began.
	Add    func(object *T, initial bool)
	Update func(old, object *T)
	// Delete gets the last state that the informer has seen.
	Delete func(last *T)
	// Failed gets what a handler panicked with; without it that is logged. The informer goes on.
	Failed func(error)
}

// Informer keeps what a watch tells in a store.
type Informer[T, L any] struct {
	*Store[T]
	bound    Bound[T, L]
	handlers Handlers[T]
	opts     []Option
	synced   chan struct{}
	once     sync.Once
}

// Informer makes an informer; Run starts it. The options select what it watches.
func (b Bound[T, L]) Informer(handlers Handlers[T], opts ...Option) *Informer[T, L] {
	return &Informer[T, L]{Store: newStore[T](), bound: b, handlers: handlers, opts: opts, synced: make(chan struct{})}
}

// Run watches until the context ends, or until there is an error that waiting does not mend. It may be called once.
func (i *Informer[T, L]) Run(ctx context.Context) error {
	w := newWatcher(i.bound.scope, i.bound.form(), i.opts)
	if w.known == nil {
		return fmt.Errorf("informer of %s: it begins with a list, not at a resourceVersion", i.bound.Row.Resource)
	}
	w.synced = func() { i.once.Do(func() { close(i.synced) }) }
	for event, err := range w.events(ctx) {
		if err != nil {
			return fmt.Errorf("informer of %s: %w", i.bound.Row.Resource, err)
		}
		if event.kind != watch.Bookmark {
			i.heard(event.kind, event.object.(*T))
		}
	}
	return nil
}

// Synced is closed when everything that was there at the beginning is in the store and the handlers know it.
func (i *Informer[T, L]) Synced() <-chan struct{} { return i.synced }

// WaitSynced waits for it.
func (i *Informer[T, L]) WaitSynced(ctx context.Context) error {
	select {
	case <-i.synced:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// heard changes the store and then calls the handler, which so finds the change in the store.
func (i *Informer[T, L]) heard(kind watch.EventType, object *T) {
	key := keyOf(meta(object))
	if kind == watch.Deleted {
		if last := i.remove(key); last != nil && i.handlers.Delete != nil {
			i.call(func() { i.handlers.Delete(last) })
		}
		return
	}
	switch old := i.put(key, object); {
	case old != nil && i.handlers.Update != nil:
		i.call(func() { i.handlers.Update(old, object) })
	case old == nil && i.handlers.Add != nil:
		initial := true
		select {
		case <-i.synced:
			initial = false
		default:
		}
		i.call(func() { i.handlers.Add(object, initial) })
	}
}

// call runs a handler. A panic in it is reported, because one object that a program cannot handle must not hide all others from it.
func (i *Informer[T, L]) call(handler func()) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		err := fmt.Errorf("handler of %s: %v", i.bound.Row.Resource, cause)
		if i.handlers.Failed != nil {
			i.handlers.Failed(err)
			return
		}
		slog.Error("handler panicked", "resource", i.bound.Row.Resource, "error", err)
	}()
	handler()
}
