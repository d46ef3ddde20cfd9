package etcd

import (
	"context"
	"errors"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// watcher serves one watch by a watch of etcd's client, which keeps what etcd sent for a slow reader without holding up the
// other watches on the connection.
type watcher struct {
	*storage.Watch
	store *Store
	// next is the first revision not delivered yet; a broken watch is resumed there.
	next int64
	// marked is when the reader last got a bookmark.
	marked time.Time
}

// Watch implements storage.Store. It returns before etcd confirmed the watch; nothing is missed by that, because the
// revision to begin with is fixed before.
func (s *Store) Watch(ctx context.Context, prefix string, from int64) (storage.Watcher, error) {
	source := storage.WatchSource{Revision: s.Revision, Begin: s.begin, Closing: s.ctx.Done(), Loop: func(w *storage.Watch, from int64) func(context.Context) error {
		return (&watcher{Watch: w, store: s, next: from + 1, marked: time.Now()}).loop
	}}
	return source.Start(ctx, prefix, from)
}

// loop follows one etcd watch after another.
func (w *watcher) loop(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.store.ctx, cancel)()
	w.store.watchers.Add(1)
	defer w.store.watchers.Add(-1)
	const slowest = time.Second
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, slowest) {
		before := w.next
		err := w.follow(ctx)
		if ctx.Err() != nil {
			return errClosed
		}
		if err = w.store.wrap(ctx, "etcd", err); err != nil && !errors.Is(err, storage.ErrUnavailable) {
			return err
		}
		if w.next != before {
			pause = 10 * time.Millisecond
		}
		select {
		case <-ctx.Done():
			return errClosed
		case <-time.After(pause):
		}
	}
}

// follow reads one etcd watch until it ends. The client itself carries a watch over to a new connection; what ends it is
// compaction, a member that lost its leader (asked for, so as not to sit on a cut-off member), or the end of ctx.
func (w *watcher) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	start, end := w.store.span(w.Prefix)
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
			if err := w.Send(ctx, event); err != nil {
				return err
			}
		}
		revision := answer.Header.GetRevision()
		switch {
		case len(answer.Events) > 0:
			// A revision never spans two answers, so the last event closes its revision. etcd sends no progress to a watch
			// that has enough to do.
			w.next = answer.Events[len(answer.Events)-1].Kv.ModRevision + 1
			if time.Since(w.marked) > w.store.bookmarks {
				if err := w.mark(ctx, w.next-1); err != nil {
					return err
				}
			}
		case answer.IsProgressNotify() && revision >= w.next-1:
			// An older one comes when the watch begins in the future, or moved to a member that is behind.
			if err := w.mark(ctx, revision); err != nil {
				return err
			}
			w.next = revision + 1
		}
	}
	return ctx.Err()
}

func (w *watcher) mark(ctx context.Context, revision int64) error {
	w.marked = time.Now()
	return w.Send(ctx, storage.Event{Type: storage.Bookmark, Revision: revision})
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
