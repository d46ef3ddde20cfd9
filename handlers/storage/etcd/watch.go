package etcd

import (
	"context"
	"errors"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// watchBuffer lets a short pause of the reader pass unnoticed. What it does not hold waits in the client, which keeps
// what etcd sent for a slow reader without holding up the other watches on the connection.
const watchBuffer = 100

// watcher is one storage.Watcher. run owns events and err: it alone sends, sets err, and then closes.
type watcher struct {
	store  *Store
	prefix string
	// next is the first revision not delivered yet; a broken watch is resumed there.
	next int64
	// marked is when the reader last got a bookmark.
	marked time.Time
	events chan storage.Event
	cancel context.CancelFunc
	err    error
}

// Watch implements storage.Store. It returns before etcd confirmed the watch; nothing is missed by that, because the
// revision to begin with is fixed before.
func (s *Store) Watch(ctx context.Context, prefix string, from int64) (storage.Watcher, error) {
	if from < 0 {
		return nil, fmt.Errorf("watch %s: revision %d is negative", prefix, from)
	}
	if from == 0 {
		// Not left to etcd: the member that serves the watch may be behind, and its "now" be older than what the caller
		// has seen acknowledged.
		now, err := s.Revision(ctx)
		if err != nil {
			return nil, fmt.Errorf("watch %s: %w", prefix, err)
		}
		from = now
	}
	ctx, cancel := context.WithCancel(ctx)
	w := &watcher{
		store: s, prefix: prefix, next: from + 1,
		events: make(chan storage.Event, watchBuffer), cancel: cancel,
		marked: time.Now(),
	}
	release := context.AfterFunc(s.ctx, cancel)
	err := s.begin(func() {
		defer release()
		w.run(ctx)
	})
	if err != nil {
		release()
		cancel()
		return nil, fmt.Errorf("watch %s: %w", prefix, err)
	}
	return w, nil
}

func (w *watcher) Events() <-chan storage.Event { return w.events }

func (w *watcher) Err() error { return w.err }

func (w *watcher) Stop() { w.cancel() }

func (w *watcher) run(ctx context.Context) {
	w.store.watchers.Add(1)
	defer w.store.watchers.Add(-1)
	defer w.cancel()
	defer close(w.events)
	const slowest = time.Second
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, slowest) {
		before := w.next
		err := w.follow(ctx)
		if ctx.Err() != nil {
			return
		}
		if err = w.store.wrap(ctx, "watch "+w.prefix, err); err != nil && !errors.Is(err, storage.ErrUnavailable) {
			w.err = err
			return
		}
		if w.next != before {
			pause = 10 * time.Millisecond
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// follow reads one etcd watch until it ends. The client itself carries a watch over to a new connection; what ends it is
// compaction, a member that lost its leader (asked for, so as not to sit on a cut-off member), or the end of ctx.
func (w *watcher) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	start, end := w.store.span(w.prefix)
	answers := w.store.client.Watch(clientv3.WithRequireLeader(ctx), start, clientv3.WithRange(end),
		clientv3.WithRev(w.next), clientv3.WithPrevKV(), clientv3.WithProgressNotify())
	for answer := range answers {
		if err := answer.Err(); err != nil {
			return err
		}
		for _, e := range answer.Events {
			event, err := w.event(e)
			if err != nil {
				return err
			}
			if !w.send(ctx, event) {
				return ctx.Err()
			}
		}
		revision := answer.Header.GetRevision()
		switch {
		case len(answer.Events) > 0:
			// A revision never spans two answers, so the last event closes its revision. etcd sends no progress to a watch
			// that has enough to do.
			w.next = answer.Events[len(answer.Events)-1].Kv.ModRevision + 1
			if time.Since(w.marked) > w.store.bookmarks && !w.mark(ctx, w.next-1) {
				return ctx.Err()
			}
		case answer.IsProgressNotify() && revision >= w.next-1:
			// An older one comes when the watch begins in the future, or moved to a member that is behind.
			if !w.mark(ctx, revision) {
				return ctx.Err()
			}
			w.next = revision + 1
		}
	}
	return ctx.Err()
}

func (w *watcher) mark(ctx context.Context, revision int64) bool {
	w.marked = time.Now()
	return w.send(ctx, storage.Event{Type: storage.Bookmark, Revision: revision})
}

func (w *watcher) send(ctx context.Context, e storage.Event) bool {
	select {
	case w.events <- e:
		return true
	case <-ctx.Done():
		return false
	}
}

// event translates. etcd leaves the previous pair out when compaction took it while the watcher was behind; without it a
// reader cannot tell what the change means to a selector, so the watch is too old.
func (w *watcher) event(e *clientv3.Event) (storage.Event, error) {
	out := storage.Event{Key: w.store.key(e.Kv), Revision: e.Kv.ModRevision}
	if e.Type == clientv3.EventTypeDelete {
		out.Type = storage.Deleted
	} else {
		out.Type, out.Value = storage.Put, value(e.Kv)
	}
	switch {
	case e.PrevKv != nil:
		out.Previous, out.PreviousRevision = value(e.PrevKv), e.PrevKv.ModRevision
	case !e.IsCreate():
		return out, fmt.Errorf("%w: the value before revision %d of %s is gone", rpcCompacted, out.Revision, out.Key)
	}
	return out, nil
}
