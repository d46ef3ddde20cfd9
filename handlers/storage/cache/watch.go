package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// watchBuffer lets a short pause of the reader pass without a change of goroutines for each event.
const watchBuffer = 64

// watcher is a storage.Watcher over a Follower. run owns events and err: it alone sends, sets err, and then closes.
type watcher struct {
	follower *Follower
	woken    <-chan struct{}
	events   chan storage.Event
	cancel   context.CancelFunc
	err      error
	// sent is the revision of the last change.
	sent int64
}

// Watch implements storage.Store.
func (c *Cache) Watch(ctx context.Context, prefix string, from int64) (storage.Watcher, error) {
	wake, woken := Signal()
	f, err := c.Follow(ctx, Selection{Prefix: prefix}, from, wake)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &watcher{follower: f, woken: woken, events: make(chan storage.Event, watchBuffer), cancel: cancel}
	release := context.AfterFunc(c.ctx, cancel)
	err = c.begin(func() {
		defer release()
		w.run(ctx, c.options.Bookmarks)
	})
	if err != nil {
		release()
		cancel()
		f.Stop()
		return nil, fmt.Errorf("watch %s: %w", prefix, err)
	}
	return w, nil
}

func (w *watcher) Events() <-chan storage.Event { return w.events }

func (w *watcher) Err() error { return w.err }

func (w *watcher) Stop() { w.cancel() }

func (w *watcher) run(ctx context.Context, bookmarks time.Duration) {
	defer w.cancel()
	defer close(w.events)
	defer w.follower.Stop()
	tick := time.NewTicker(bookmarks)
	defer tick.Stop()
	mark := false
	for {
		through, err := w.drain(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			if !errors.Is(err, ErrEnded) {
				w.err = err
			}
			return
		}
		// A bookmark leads nobody back, nor past what may follow of a revision.
		if mark && through >= w.follower.from && through >= w.sent && through > 0 {
			mark = false
			if !w.send(ctx, storage.Event{Type: storage.Bookmark, Revision: through}) {
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-w.woken:
		case <-tick.C:
			mark = true
		}
	}
}

// drain passes on everything there is.
func (w *watcher) drain(ctx context.Context) (through int64, err error) {
	for {
		d, through, err := w.follower.Next()
		if err != nil || d.Event == nil {
			return through, err
		}
		e, err := d.stored()
		if err != nil {
			return 0, err
		}
		if !w.send(ctx, e) {
			return 0, ctx.Err()
		}
		w.sent = e.Revision
	}
}

func (w *watcher) send(ctx context.Context, e storage.Event) bool {
	select {
	case w.events <- e:
		return true
	case <-ctx.Done():
		return false
	}
}

// stored is the change as a Store tells it.
func (e *Event) stored() (storage.Event, error) {
	out := storage.Event{Type: storage.Deleted, Key: e.Key, Revision: e.Revision}
	var err error
	if e.New != nil {
		out.Type = storage.Put
		if out.Value, err = e.New.Value(nil); err != nil {
			return out, err
		}
	}
	if e.Old != nil {
		out.PreviousRevision = e.Old.Revision
		if out.Previous, err = e.Old.Value(nil); err != nil {
			return out, err
		}
	}
	return out, nil
}
