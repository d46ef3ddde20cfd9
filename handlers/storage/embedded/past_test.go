package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/embedded"
)

// A watch hears of the past what it would have heard then, from whichever revision it begins, and goes on from there without
// a gap; so it does while others write.
func TestWatchesOfThePast(t *testing.T) {
	s := open(t, embedded.Options{DataDir: t.TempDir(), UnsafeNoFsync: true})
	ctx := t.Context()
	began, err := s.Revision(ctx)
	if err != nil {
		t.Fatal(err)
	}
	live := map[string]storage.Watcher{}
	for _, prefix := range []string{"", "/a/", "/b/"} {
		if live[prefix], err = s.Watch(ctx, prefix, began); err != nil {
			t.Fatal(err)
		}
	}
	heard := map[string][]string{}
	through := func(w storage.Watcher, last int64) (events []string) {
		t.Helper()
		for {
			select {
			case e, open := <-w.Events():
				if !open {
					t.Fatalf("a watch ended: %v", w.Err())
				}
				if e.Type != storage.Bookmark {
					events = append(events, fmt.Sprintf("%d %s %d %s after %d %s", e.Type, e.Key, e.Revision, e.Value, e.PreviousRevision, e.Previous))
				}
				if e.Revision >= last {
					return events
				}
			case <-time.After(20 * time.Second):
				t.Fatalf("a watch says nothing before revision %d, after %v", last, events)
			}
		}
	}
	write := func() {
		key := fmt.Sprintf("/%s/%d", []string{"a", "b", "ab"}[rand.IntN(3)], rand.IntN(20))
		_, err := s.Create(ctx, key, fmt.Append(nil, rand.Int()), 0)
		if errors.Is(err, storage.ErrExists) {
			_, err = storage.Update(ctx, s, key, 0, func(storage.KeyValue) ([]byte, error) {
				if rand.IntN(3) == 0 {
					return nil, nil
				}
				return fmt.Append(nil, rand.Int()), nil
			})
		}
		if err != nil && ctx.Err() == nil {
			t.Error(err)
		}
	}
	for range 3 {
		// More than is read of the past at once.
		for range 700 {
			write()
		}
		now, err := s.Revision(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for prefix, w := range live {
			heard[prefix] = append(heard[prefix], through(w, now)...)
		}
		writing, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for writing.Err() == nil {
				write()
			}
		}()
		type begun struct {
			prefix string
			from   int64
			w      storage.Watcher
		}
		var all []begun
		for prefix := range live {
			for range 5 {
				from := began + rand.Int64N(now-began)
				w, err := s.Watch(ctx, prefix, from)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, begun{prefix, from, w})
			}
		}
		stop()
		<-done
		if now, err = s.Revision(ctx); err != nil {
			t.Fatal(err)
		}
		for prefix, w := range live {
			heard[prefix] = append(heard[prefix], through(w, now)...)
		}
		for _, b := range all {
			want := slices.DeleteFunc(slices.Clone(heard[b.prefix]), func(e string) bool {
				var kind int
				var key string
				var revision int64
				if _, err := fmt.Sscanf(e, "%d %s %d", &kind, &key, &revision); err != nil {
					t.Fatal(err)
				}
				return revision <= b.from
			})
			if got := through(b.w, now); !slices.Equal(got, want) {
				t.Errorf("%q from %d heard %d changes, %d were made", b.prefix, b.from, len(got), len(want))
			}
			b.w.Stop()
		}
	}
}
