package cache_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

const keys = 8

func keyOf(i int) string { return fmt.Sprintf("/x/%d", i%keys) }

// ledger is what is known for certain of each key: the newest revision that some writer heard was written.
type ledger [keys]atomic.Int64

func (l *ledger) note(i int, revision int64) {
	for at := &l[i%keys]; ; {
		if was := at.Load(); was >= revision || at.CompareAndSwap(was, revision) {
			return
		}
	}
}

// check runs writers, readers and watchers against a store until stir is done with it. A read must see what was
// acknowledged before it began and never go back; a watch must fit together.
func check(t *testing.T, s storage.Store, padding string, stir func()) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var acked ledger
	var writing, reading sync.WaitGroup
	var writes, reads atomic.Int64
	end := make(chan struct{})
	start, err := s.Revision(ctx)
	if err != nil {
		t.Fatal(err)
	}
	fine := func(err error) bool {
		return err == nil || errors.Is(err, storage.ErrUnavailable) || errors.Is(err, storage.ErrNotFound) || errors.Is(err, storage.ErrExists)
	}
	for w := range 3 {
		writing.Go(func() {
			for i := w; ; i++ {
				select {
				case <-end:
					return
				default:
				}
				revision, err := write(ctx, s, i, padding)
				if !fine(err) {
					t.Errorf("write: %v", err)
					return
				}
				if err == nil {
					acked.note(i, revision)
					writes.Add(1)
				}
			}
		})
	}
	for r := range 4 {
		reading.Go(func() {
			var last int64
			for i := r; ctx.Err() == nil; i++ {
				before := acked[i%keys].Load()
				at, held, err := read(ctx, s, i)
				if ctx.Err() != nil {
					return
				}
				if !fine(err) {
					t.Errorf("read: %v", err)
					return
				}
				if at == 0 {
					continue // an outage
				}
				reads.Add(1)
				// A deletion has a revision too, which only that of the read can be held against.
				if at < before || at < last || held > at {
					t.Errorf("read at %d, after a write at %d and a read at %d; it holds %d", at, before, last, held)
					return
				}
				last = at
				// Reads are so cheap that writers would get no turn.
				time.Sleep(50 * time.Microsecond)
			}
		})
	}
	watches := make([]*replayed, 3)
	for i := range watches {
		watches[i] = follow(t, s, start)
	}
	stir()
	close(end)
	writing.Wait()
	final, err := s.List(ctx, "/x/", storage.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	last, err := s.Create(ctx, "/x/end", []byte("1"), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range watches {
		w.until(t, last, final.Items)
	}
	if _, err := storage.Update(ctx, s, "/x/end", 0, func(storage.KeyValue) ([]byte, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	stop()
	reading.Wait()
	if writes.Load() == 0 || reads.Load() == 0 {
		t.Fatalf("%d writes and %d reads", writes.Load(), reads.Load())
	}
	t.Logf("%d writes, %d reads", writes.Load(), reads.Load())
}

func write(ctx context.Context, s storage.Store, i int, padding string) (int64, error) {
	value := []byte(strconv.Itoa(i) + padding)
	switch i % 5 {
	case 0:
		return s.Create(ctx, keyOf(i), value, 0)
	case 1:
		kv, err := storage.Update(ctx, s, keyOf(i), 0, func(storage.KeyValue) ([]byte, error) { return nil, nil })
		return kv.Revision, err
	}
	kv, err := storage.Update(ctx, s, keyOf(i), 0, func(storage.KeyValue) ([]byte, error) { return value, nil })
	return kv.Revision, err
}

func read(ctx context.Context, s storage.Store, i int) (at, held int64, err error) {
	if i%3 > 0 {
		kv, at, err := s.Get(ctx, keyOf(i))
		return at, kv.Revision, err
	}
	list, err := s.List(ctx, keyOf(i), storage.ListOptions{})
	for _, kv := range list.Items {
		held = kv.Revision
	}
	return list.Revision, held, err
}

// replayed builds the state up again from a watch.
type replayed struct {
	storage.Watcher
	state map[string]storage.KeyValue
	at    int64
}

func follow(t *testing.T, s storage.Store, from int64) *replayed {
	t.Helper()
	w, err := s.Watch(t.Context(), "/x/", from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	list, err := s.List(t.Context(), "/x/", storage.ListOptions{Revision: from})
	if err != nil {
		t.Fatal(err)
	}
	r := &replayed{Watcher: w, state: map[string]storage.KeyValue{}, at: from}
	for _, kv := range list.Items {
		r.state[kv.Key] = kv
	}
	return r
}

// until replays up to a revision and compares with what a list says was there right before.
func (r *replayed) until(t *testing.T, end int64, want []storage.KeyValue) {
	t.Helper()
	for r.at < end {
		e, open := <-r.Events()
		if !open {
			t.Fatalf("the watch ended at %d: %v", r.at, r.Err())
		}
		if e.Revision < r.at || e.Revision == r.at && e.Type != storage.Bookmark {
			t.Fatalf("an event at %d after one at %d", e.Revision, r.at)
		}
		r.at = e.Revision
		if e.Type == storage.Bookmark {
			continue
		}
		before := r.state[e.Key]
		if string(before.Value) != string(e.Previous) || before.Revision != e.PreviousRevision {
			t.Fatalf("%s at %d follows %d, but %d was seen", e.Key, e.Revision, e.PreviousRevision, before.Revision)
		}
		if delete(r.state, e.Key); e.Type == storage.Put && e.Revision < end {
			r.state[e.Key] = storage.KeyValue{Key: e.Key, Value: e.Value, Revision: e.Revision}
		}
	}
	if len(r.state) != len(want) {
		t.Fatalf("the watch ended with %d keys, the store has %d", len(r.state), len(want))
	}
	for _, kv := range want {
		if got := r.state[kv.Key]; string(got.Value) != string(kv.Value) || got.Revision != kv.Revision {
			t.Fatalf("%s: the watch ended with revision %d, the store has %d", kv.Key, got.Revision, kv.Revision)
		}
	}
}

// An etcd that goes away and comes back, again and again: nothing acknowledged is unseen, nothing goes back in time, and
// watches go on where they were.
func TestConsistencyOverRestartsOfEtcd(t *testing.T) {
	dir := t.TempDir()
	stop, address := runEtcd(t, dir, "127.0.0.1:0")
	c := over(t, dial(t, address, "/p"), cache.Options{})
	check(t, c, "", func() {
		for range 2 {
			time.Sleep(200 * time.Millisecond)
			stop()
			time.Sleep(50 * time.Millisecond)
			stop, _ = runEtcd(t, dir, strings.TrimPrefix(address, "http://"))
		}
		time.Sleep(200 * time.Millisecond)
	})
}

// The embedded store is closed and opened again: what the next cache loads and then hears is what the last one had.
func TestConsistencyOverRestartsOfTheServer(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		c := over(t, openEmbedded(t, dir), cache.Options{})
		check(t, c, strings.Repeat("p", 500), func() { time.Sleep(300 * time.Millisecond) })
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Two servers on one etcd: each sees at once what the other was told is written.
func TestConsistencyOfTwoServers(t *testing.T) {
	_, address := runEtcd(t, t.TempDir(), "127.0.0.1:0")
	a, b := over(t, dial(t, address, "/p"), cache.Options{}), over(t, dial(t, address, "/p"), cache.Options{})
	check(t, pair{a, b}, "", func() { time.Sleep(500 * time.Millisecond) })
}

// pair writes through one store and reads through another.
type pair struct {
	storage.Store
	reads storage.Store
}

func (p pair) Get(ctx context.Context, key string) (storage.KeyValue, int64, error) {
	return p.reads.Get(ctx, key)
}

func (p pair) List(ctx context.Context, prefix string, o storage.ListOptions) (storage.ListResult, error) {
	return p.reads.List(ctx, prefix, o)
}
