package embedded

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/storage/mvcc"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// watchBuffer lets a short pause of the reader pass unnoticed; behind it the server keeps the watch's place.
const watchBuffer = 100

// askAgain is how often a watch that is behind asks whether it still is.
const askAgain = 10 * time.Millisecond

// watcher is one storage.Watcher over a stream of the server's own. etcd's watch service in between would read previous
// values in goroutines that nobody can wait for, and the database must not be closed under them. run owns events and
// err: it alone sends, sets err, and then closes.
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
	if err := s.begin(func() { w.run(ctx, from) }); err != nil {
		cancel()
		return nil, fmt.Errorf("watch %s: %w", prefix, err)
	}
	return w, nil
}

// begin starts a goroutine that Close waits for before it takes the server down.
func (s *Store) begin(run func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closing:
		return errClosed
	default:
		s.running.Go(run)
		return nil
	}
}

func (w *watcher) Events() <-chan storage.Event { return w.events }

func (w *watcher) Err() error { return w.err }

func (w *watcher) Stop() { w.cancel() }

func (w *watcher) run(ctx context.Context, from int64) {
	defer w.cancel()
	defer close(w.events)
	err := w.follow(ctx, from)
	if err != nil && ctx.Err() == nil && !errors.Is(err, storage.ErrUnavailable) {
		w.err = fmt.Errorf("watch %s: %w", w.prefix, err)
	}
}

func (w *watcher) follow(ctx context.Context, from int64) error {
	s := w.store
	stream := s.server.Watchable().NewWatchStream()
	defer stream.Close()
	start, end := span(s.Prefix() + w.prefix)
	id, err := stream.Watch(ctx, 0, start, end, from+1)
	if err != nil {
		return err
	}
	tick := time.NewTicker(s.bookmarks)
	defer tick.Stop()
	// A stream that begins in the past is brought up in rounds of 100 ms and does not tell when that was all. It answers no
	// question before that either, so it is asked until it does: its reader may wait for nothing else.
	behind := time.NewTicker(askAgain)
	defer behind.Stop()
	if from >= s.server.KV().Rev() {
		behind.Stop()
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.closing:
			return nil
		case <-s.server.StopNotify():
			return nil
		case <-tick.C:
			stream.RequestProgress(id)
		case <-behind.C:
			stream.RequestProgress(id)
		case answer := <-stream.Chan():
			if answer.CompactRevision != 0 {
				return storage.ErrCompacted
			}
			mvcc.ReportEventReceived(len(answer.Events))
			if len(answer.Events) == 0 {
				behind.Stop()
			}
			if err := w.pass(ctx, answer, from); err != nil {
				return err
			}
		}
	}
}

// pass sends one answer of the stream: changes, or how far it is.
func (w *watcher) pass(ctx context.Context, answer mvcc.WatchResponse, from int64) error {
	if len(answer.Events) == 0 && answer.Revision >= from {
		return w.send(ctx, storage.Event{Type: storage.Bookmark, Revision: answer.Revision})
	}
	for _, e := range answer.Events {
		out := storage.Event{Key: string(e.Kv.Key[len(w.store.Prefix()):]), Revision: e.Kv.ModRevision}
		if e.Type == mvccpb.Event_DELETE {
			out.Type = storage.Deleted
		} else if out.Value = e.Kv.Value; out.Value == nil {
			out.Value = []byte{}
		}
		if e.Type == mvccpb.Event_DELETE || e.Kv.CreateRevision != e.Kv.ModRevision {
			if err := w.previous(ctx, e.Kv, &out); err != nil {
				return err
			}
		}
		if err := w.send(ctx, out); err != nil {
			return err
		}
	}
	return nil
}

// previous adds what was there before a change. When compaction took it while the watcher was behind, the watch is too
// old: without it a reader cannot tell what the change means to a selector.
func (w *watcher) previous(ctx context.Context, kv *mvccpb.KeyValue, out *storage.Event) error {
	before, err := w.store.server.KV().Range(ctx, kv.Key, nil, mvcc.RangeOptions{Rev: kv.ModRevision - 1})
	switch {
	case errors.Is(err, mvcc.ErrCompacted), err == nil && len(before.KVs) == 0:
		return fmt.Errorf("the value before revision %d of %s is gone: %w", kv.ModRevision, out.Key, storage.ErrCompacted)
	case err != nil:
		return err
	}
	if out.Previous = before.KVs[0].Value; out.Previous == nil {
		out.Previous = []byte{}
	}
	out.PreviousRevision = before.KVs[0].ModRevision
	return nil
}

func (w *watcher) send(ctx context.Context, e storage.Event) error {
	select {
	case w.events <- e:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-w.store.closing:
		return errClosed
	}
}

// span is the range of keys with a prefix; an empty end means all keys from start on.
func span(prefix string) (start, end []byte) {
	if prefix == "" {
		return everything, []byte{}
	}
	if e := clientv3.GetPrefixRangeEnd(prefix); e != "\x00" {
		return []byte(prefix), []byte(e)
	}
	return []byte(prefix), []byte{}
}
