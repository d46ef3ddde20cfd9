package storage

import (
	"context"
	"errors"
	"fmt"
)

// watchBuffer absorbs short pauses of the reader. Behind it the source of the changes keeps the watch's place.
const watchBuffer = 100

// Watch is the Watcher of a store. Its goroutine owns events and err: it alone sends, sets err, and then closes.
type Watch struct {
	Prefix  string
	events  chan Event
	closing <-chan struct{}
	cancel  context.CancelFunc
	err     error
}

// WatchSource is how a store serves watches.
type WatchSource struct {
	// Revision is the newest revision of the store.
	Revision func(context.Context) (int64, error)
	// Begin starts the goroutine of a watch. It fails when the store is closed.
	Begin func(run func()) error
	// Closing is closed when the store begins to close.
	Closing <-chan struct{}
	// Loop returns the loop of a watch that begins after a revision: it sends changes and bookmarks until ctx ends, the store is
	// closed or there is an error. Loop runs before Start returns, the loop in the goroutine of the watch.
	Loop func(w *Watch, from int64) func(ctx context.Context) error
}

// Start begins a watch of a prefix after a revision. 0 is the newest revision, which Start reads itself: whatever serves the
// watch later may be behind, and its newest revision older than one that the caller has seen.
func (s *WatchSource) Start(ctx context.Context, prefix string, from int64) (Watcher, error) {
	if from < 0 {
		return nil, fmt.Errorf("watch %s: revision %d is negative", prefix, from)
	}
	if from == 0 {
		now, err := s.Revision(ctx)
		if err != nil {
			return nil, fmt.Errorf("watch %s: %w", prefix, err)
		}
		from = now
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &Watch{Prefix: prefix, events: make(chan Event, watchBuffer), closing: s.Closing, cancel: cancel}
	loop := s.Loop(w, from)
	err := s.Begin(func() {
		defer cancel()
		defer close(w.events)
		// Unavailable is a store that was closed: an ordinary end.
		if err := loop(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, ErrUnavailable) {
			w.err = fmt.Errorf("watch %s: %w", prefix, err)
		}
	})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("watch %s: %w", prefix, err)
	}
	return w, nil
}

// Send hands an event to the reader, until ctx ends or the store closes.
func (w *Watch) Send(ctx context.Context, e Event) error {
	select {
	case w.events <- e:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-w.closing:
		return ErrUnavailable
	}
}

// Events implements Watcher.
func (w *Watch) Events() <-chan Event { return w.events }

// Err implements Watcher.
func (w *Watch) Err() error { return w.err }

// Stop implements Watcher.
func (w *Watch) Stop() { w.cancel() }
