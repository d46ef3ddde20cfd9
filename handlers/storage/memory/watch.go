package memory

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

const (
	// watchBuffer lets a short pause of the reader pass unnoticed; behind it the log keeps the watch's place.
	watchBuffer = 100
	// atOnce is how many changes are taken from the log under one lock.
	atOnce = 500
)

// watcher is one storage.Watcher. run owns events and err: it alone sends, sets err, and then closes.
type watcher struct {
	store  *Store
	prefix string
	events chan storage.Event
	cancel context.CancelFunc
	err    error
}

// Watch implements storage.Store.
func (s *Store) Watch(ctx context.Context, prefix string, from int64) (storage.Watcher, error) {
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
	w := &watcher{store: s, prefix: prefix, events: make(chan storage.Event, watchBuffer), cancel: cancel}
	w.err = s.known(from)
	err := s.begin(func() {
		release := context.AfterFunc(s.ctx, cancel)
		defer release()
		w.run(ctx, from)
	})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("watch %s: %w", prefix, err)
	}
	return w, nil
}

func (w *watcher) Events() <-chan storage.Event { return w.events }

func (w *watcher) Err() error { return w.err }

func (w *watcher) Stop() { w.cancel() }

func (w *watcher) run(ctx context.Context, from int64) {
	defer w.cancel()
	defer close(w.events)
	if w.err != nil {
		return
	}
	tick := time.NewTicker(w.store.options.BookmarkInterval)
	defer tick.Stop()
	mark := func(through int64) error {
		return w.send(ctx, storage.Event{Type: storage.Bookmark, Revision: through})
	}
	err := w.store.follow(ctx, from, tick.C, mark, func(changes []storage.Event, _ int64) error {
		for _, e := range changes {
			if !strings.HasPrefix(e.Key, w.prefix) {
				continue
			}
			if err := w.send(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, storage.ErrCompacted) {
		w.err = fmt.Errorf("watch %s: %w", w.prefix, err)
	}
}

func (w *watcher) send(ctx context.Context, e storage.Event) error {
	select {
	case w.events <- e:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// follow calls apply with the changes after a revision, in order, until its error or that of ctx. At each tick it calls mark
// with how far it is, when it is up to date.
func (s *Store) follow(ctx context.Context, from int64, tick <-chan time.Time, mark func(int64) error, apply func([]storage.Event, int64) error) error {
	for {
		changes, moved, err := s.changes(from)
		if err != nil {
			return err
		}
		if n := len(changes); n > 0 {
			from = changes[n-1].Revision
			if err := apply(changes, from); err != nil {
				return err
			}
			continue
		}
		select {
		case <-moved:
		case <-tick:
			through, err := s.Revision(ctx)
			if err == nil && through == from {
				err = mark(through)
			}
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-s.ctx.Done():
			return errClosed
		}
	}
}

// known is storage.ErrCompacted when the changes after a revision were to be forgotten. Only who begins to follow asks: who
// follows already goes on with what compaction has left.
func (s *Store) known(revision int64) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if !s.closed && revision < max(s.log.compacted, s.log.floor) {
		return fmt.Errorf("changes after %d: %w", revision, storage.ErrCompacted)
	}
	return nil
}

// changes are some of those after a revision; none when there are none yet, and then moved is closed by the next.
func (s *Store) changes(after int64) (some []storage.Event, moved <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, nil, errClosed
	case after < s.log.floor:
		return nil, nil, fmt.Errorf("changes after %d: %w", after, storage.ErrCompacted)
	case after < s.log.last():
		all := s.log.after(after)
		return append([]storage.Event(nil), all[:min(len(all), atOnce)]...), nil, nil
	}
	if s.moved == nil {
		s.moved = make(chan struct{})
	}
	return nil, s.moved, nil
}
