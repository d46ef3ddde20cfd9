package etcd

import (
	"context"
	"errors"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Keyspace is the part of etcd's keys that the store has.
func (s *Store) Keyspace() storage.Keyspace { return s.keys }

// Feed implements storage.Feeder. Previous values are not asked for: the listener has them.
func (s *Store) Feed(ctx context.Context, from int64, apply func([]storage.Event, int64) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	release := context.AfterFunc(s.ctx, cancel)
	defer release()
	f := &feed{store: s, next: from + 1, apply: apply, told: from}
	s.hearing.begin(f)
	defer s.hearing.end(f)
	const slowest = time.Second
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, slowest) {
		before := f.next
		err := f.follow(ctx)
		switch {
		case f.refused != nil:
			return f.refused
		case s.hearing.isVoid(f):
			return fmt.Errorf("feed from %d: %w", f.next, errBackwards)
		case s.ctx.Err() != nil:
			return errClosed
		case ctx.Err() != nil:
			return ctx.Err()
		}
		if err = s.wrap(ctx, "feed", err); err != nil && !errors.Is(err, storage.ErrUnavailable) {
			return err
		}
		if f.next != before {
			pause = 10 * time.Millisecond
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// feed is one run of Feed.
type feed struct {
	store *Store
	// next is the first revision not told yet; after an outage the feed goes on there.
	next  int64
	apply func([]storage.Event, int64) error
	// refused is the listener's own error, which ends the feed.
	refused error

	// told is the newest revision that apply was called with, or is about to be; void says that etcd has lost it. Both are
	// guarded by the lock of hearing.
	told int64
	void bool
}

var errBackwards = errors.New("etcd went back in time, to an older backup")

// follow reads one etcd watch until it ends. An answer never splits a revision.
func (f *feed) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	start, end := f.store.span("/")
	silent := f.store.hearing.listen()
	answers := f.store.client.Watch(feedContext(ctx), start, clientv3.WithRange(end),
		clientv3.WithRev(f.next), clientv3.WithProgressNotify())
	for {
		var answer clientv3.WatchResponse
		var more bool
		select {
		case answer, more = <-answers:
		case <-silent:
			return errSilent
		}
		if !more {
			return ctx.Err()
		}
		through := answer.Header.GetRevision()
		n := len(answer.Events)
		if n > 0 {
			// The header of a watch that catches up is ahead of its events.
			through = answer.Events[n-1].Kv.ModRevision
		}
		f.store.hearing.heard(f, through)
		if err := answer.Err(); err != nil {
			return err
		}
		if n == 0 && (!answer.IsProgressNotify() || through < f.next-1) {
			continue
		}
		changes := make([]storage.Event, len(answer.Events))
		for i, e := range answer.Events {
			changes[i] = storage.Event{Key: f.store.key(e.Kv), Revision: e.Kv.ModRevision}
			if e.Type == clientv3.EventTypeDelete {
				changes[i].Type = storage.Deleted
			} else {
				changes[i].Value = value(e.Kv)
			}
		}
		if f.refused = f.apply(changes, through); f.refused != nil {
			return f.refused
		}
		f.next = through + 1
	}
}

// RequestProgress implements storage.Feeder. etcd answers once every watch on the stream is up to date.
func (s *Store) RequestProgress(ctx context.Context) {
	if !s.hearing.ask(time.Now()) {
		return
	}
	if err := s.client.RequestProgress(feedContext(ctx)); err != nil && s.ctx.Err() == nil {
		s.log.Debug("asking etcd for progress failed", "err", err)
	}
}
