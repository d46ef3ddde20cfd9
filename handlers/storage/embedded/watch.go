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

// watcher serves one watch by a stream of the server's own. etcd's watch service in between would read previous values in
// goroutines that nobody can wait for, and the database must not be closed under them.
type watcher struct {
	*storage.Watch
	store *Store
}

// Watch implements storage.Store.
func (s *Store) Watch(ctx context.Context, prefix string, from int64) (storage.Watcher, error) {
	source := storage.WatchSource{Revision: s.Revision, Begin: s.begin, Closing: s.closing, Loop: func(w *storage.Watch, from int64) func(context.Context) error {
		return func(ctx context.Context) error { return (&watcher{w, s}).follow(ctx, from) }
	}}
	return source.Start(ctx, prefix, from)
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

func (w *watcher) follow(ctx context.Context, from int64) error {
	s := w.store
	stream := s.server.Watchable().NewWatchStream()
	defer stream.Close()
	start, end := span(s.Keyspace().Place(w.Prefix))
	now := s.server.KV().Rev()
	// Before the past is read, so that nothing is missed in between; and from what is the future just now.
	id, err := stream.Watch(ctx, 0, start, end, max(from, now)+1)
	if err != nil {
		return err
	}
	if from < now {
		if err := w.past(ctx, from, now); err != nil {
			return err
		}
	}
	tick := time.NewTicker(s.bookmarks)
	defer tick.Stop()
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
		case answer := <-stream.Chan():
			if answer.CompactRevision != 0 {
				return storage.ErrCompacted
			}
			mvcc.ReportEventReceived(len(answer.Events))
			var err error
			if len(answer.Events) > 0 {
				err = w.pass(ctx, answer.Events)
			} else if answer.Revision >= from {
				err = w.Send(ctx, storage.Event{Type: storage.Bookmark, Revision: answer.Revision})
			}
			if err != nil {
				return err
			}
		}
	}
}

// pass sends changes.
func (w *watcher) pass(ctx context.Context, events []*mvccpb.Event) error {
	for _, e := range events {
		out := storage.Event{Key: w.store.Keyspace().Key(e.Kv.Key), Revision: e.Kv.ModRevision}
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
		if err := w.Send(ctx, out); err != nil {
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
