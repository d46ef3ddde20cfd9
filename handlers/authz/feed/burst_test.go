package feed_test

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/authz/feed"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// endless is a store that changes all the time.
type endless struct {
	storage.Store
	ctx  context.Context
	sent atomic.Int64
}

func (s *endless) List(context.Context, string, storage.ListOptions) (storage.ListResult, error) {
	return storage.ListResult{Revision: 1}, nil
}

func (s *endless) Watch(context.Context, string, int64) (storage.Watcher, error) {
	w := &watcher{events: make(chan storage.Event)}
	go func() {
		for revision := int64(2); ; revision++ {
			select {
			case w.events <- storage.Event{Type: storage.Put, Key: fmt.Sprint("/a/", revision), Revision: revision}:
				s.sent.Add(1)
			case <-s.ctx.Done():
				w.end()
				return
			}
		}
	}()
	return w, nil
}

// behind is a sink that is always behind its store.
type behind struct {
	store        *endless
	taken, since int64
	publishing   chan int64
}

func (b *behind) Replace(int, iter.Seq2[storage.KeyValue, error]) {}

func (b *behind) Change(int, storage.Event) {
	b.taken++
	b.since++
	for b.store.sent.Load() < b.taken+8 && b.store.ctx.Err() == nil {
		runtime.Gosched()
	}
}

func (b *behind) Publish() {
	select {
	case b.publishing <- b.since:
	case <-b.store.ctx.Done():
	}
	b.since = 0
}

// What others write all the time does not keep a change from being published.
func TestPublishedWhileOthersWrite(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &endless{ctx: ctx}
	b := &behind{store: s, publishing: make(chan int64)}
	run(t, feed.New(s, []storage.Collection{storage.NewCollection("a", false)}, b, slog.New(slog.DiscardHandler)))
	t.Cleanup(cancel)
	for range 5 {
		if changes := <-b.publishing; changes > 1000 {
			t.Fatalf("%d changes were taken in before they were published", changes)
		}
	}
}
