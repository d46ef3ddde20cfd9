package memory

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// atOnce is how many changes are taken from the log under one lock.
const atOnce = 500

// Watch implements storage.Store.
func (s *Store) Watch(ctx context.Context, prefix string, from int64) (storage.Watcher, error) {
	source := storage.WatchSource{Revision: s.Revision, Begin: s.begin, Closing: s.ctx.Done(), Loop: s.watchLoop}
	return source.Start(ctx, prefix, from)
}

func (s *Store) watchLoop(w *storage.Watch, from int64) func(context.Context) error {
	unknown := s.known(from)
	return func(ctx context.Context) error {
		if unknown != nil {
			return unknown
		}
		tick := time.NewTicker(s.options.BookmarkInterval)
		defer tick.Stop()
		mark := func(through int64) error {
			return w.Send(ctx, storage.Event{Type: storage.Bookmark, Revision: through})
		}
		return s.follow(ctx, from, tick.C, mark, func(changes []storage.Event, _ int64) error {
			for _, e := range changes {
				if !strings.HasPrefix(e.Key, w.Prefix) {
					continue
				}
				if err := w.Send(ctx, e); err != nil {
					return err
				}
			}
			return nil
		})
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
