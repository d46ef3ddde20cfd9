package embedded

import (
	"context"
	"fmt"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/server/v3/storage/mvcc"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

var _ storage.Feeder = (*Store)(nil)

// Revision implements storage.Store. A write is acknowledged after it was applied here, and nobody else takes writes, so
// the applied revision is as good as a round through the log.
func (s *Store) Revision(ctx context.Context) (int64, error) {
	if err := s.serving(ctx); err != nil {
		return 0, fmt.Errorf("read the revision: %w", err)
	}
	return s.server.KV().Rev(), nil
}

func (s *Store) serving(ctx context.Context) error {
	select {
	case <-s.closing:
		return errClosed
	case <-s.server.StopNotify():
		return fmt.Errorf("etcd has stopped: %w", storage.ErrUnavailable)
	default:
		return ctx.Err()
	}
}

var errClosed = fmt.Errorf("store is closed: %w", storage.ErrUnavailable)

// everything is the range of all keys, also those outside of the prefix: so every revision makes an event, and the feed
// never has to ask how far the store is.
var everything = []byte{0}

// Feed implements storage.Feeder, straight from the server's own stream of changes: a change is in it before its writer
// hears that it was made.
func (s *Store) Feed(ctx context.Context, from int64, apply func([]storage.Event, int64) error) error {
	// In a goroutine of its own so that Close can wait for it; the listener's calls stay in that one.
	ended := make(chan error, 1)
	// A follower of the changes has read what was there before.
	select {
	case s.wasRead <- struct{}{}:
	default:
	}
	if err := s.begin(func() { ended <- s.feed(ctx, from, apply) }); err != nil {
		return fmt.Errorf("feed: %w", err)
	}
	return <-ended
}

func (s *Store) feed(ctx context.Context, from int64, apply func([]storage.Event, int64) error) error {
	stream := s.server.Watchable().NewWatchStream()
	defer stream.Close()
	if _, err := stream.Watch(ctx, 0, everything, []byte{}, from+1); err != nil {
		return fmt.Errorf("feed: %w", err)
	}
	keys := s.Keyspace()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.closing:
			return errClosed
		case <-s.server.StopNotify():
			return s.serving(ctx)
		case answer := <-stream.Chan():
			if answer.CompactRevision != 0 {
				return fmt.Errorf("feed from %d: %w", from+1, storage.ErrCompacted)
			}
			n := len(answer.Events)
			if n == 0 {
				continue
			}
			mvcc.ReportEventReceived(n)
			// The revision of an answer that catches up is ahead of its events.
			through := answer.Events[n-1].Kv.ModRevision
			if err := apply(changes(answer.Events, keys), through); err != nil {
				return err
			}
		}
	}
}

func changes(events []*mvccpb.Event, keys storage.Keyspace) []storage.Event {
	out := make([]storage.Event, 0, len(events))
	for _, e := range events {
		key, ours := keys.Holds(e.Kv.Key)
		if !ours {
			continue
		}
		c := storage.Event{Key: key, Revision: e.Kv.ModRevision}
		switch {
		case e.Type == mvccpb.Event_DELETE:
			c.Type = storage.Deleted
		case e.Kv.Value == nil:
			c.Value = []byte{}
		default:
			c.Value = e.Kv.Value
		}
		out = append(out, c)
	}
	return out
}

// RequestProgress implements storage.Feeder: every revision is told without it.
func (s *Store) RequestProgress(context.Context) {}
