package storagetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// get is the newest pair of a key that exists.
func (s *suite) get(key string) storage.KeyValue {
	s.Helper()
	pair, _, err := s.store.Get(s.ctx, key)
	if err != nil {
		s.Fatalf("get %q: %v", key, err)
	}
	return pair
}

// wantSwap swaps and checks what comes back; revision 0 stands for any that is newer than seen's.
func (s *suite) wantSwap(seen storage.KeyValue, next []byte, swapped bool, value string, revision int64) storage.KeyValue {
	s.Helper()
	got, done, err := s.store.Swap(s.ctx, seen, next, 0)
	if err != nil {
		s.Fatalf("swap %s for %q: %v", show(seen), next, err)
	}
	if done != swapped || got.Key != seen.Key || string(got.Value) != value || got.Value == nil {
		s.Fatalf("swap %s for %q: %s, swapped is %v", show(seen), next, show(got), done)
	}
	if revision == 0 && got.Revision <= seen.Revision || revision != 0 && got.Revision != revision {
		s.Fatalf("swap %s for %q: revision %d, want %d", show(seen), next, got.Revision, revision)
	}
	return got
}

// outdated are pairs that were /a once, and are not what it is now: "2".
func (s *suite) outdated() []storage.KeyValue {
	s.create("/a", "1")
	first := s.get("/a")
	s.update("/a", "3")
	second := s.get("/a")
	s.delete("/a")
	s.create("/a", "2")
	twin := s.get("/a")
	s.delete("/a")
	s.create("/a", "2")
	return []storage.KeyValue{first, second, twin}
}

var swapTests = []test{
	{"writes what is current", func(s *suite) {
		s.create("/a", "1")
		got := s.wantSwap(s.get("/a"), []byte("2"), true, "2", 0)
		s.wantValue("/a", "2", got.Revision)
		// What it returned is as good as a read.
		got = s.wantSwap(got, []byte{}, true, "", 0)
		s.wantValue("/a", "", got.Revision)
		got = s.wantSwap(got, nil, true, "", 0)
		if _, _, err := s.store.Get(s.ctx, "/a"); !errors.Is(err, storage.ErrNotFound) {
			s.Fatalf("it is still there: %v", err)
		}
		if now := s.revision(); now < got.Revision {
			s.Fatalf("the store is at %d, behind the deletion at %d", now, got.Revision)
		}
	}},
	{"returns the newest pair in place of what is out of date", func(s *suite) {
		old := s.outdated()
		now := s.get("/a")
		before := s.revision()
		for _, seen := range old {
			for _, next := range [][]byte{[]byte("mine"), []byte("2"), seen.Value, {}, nil} {
				s.wantSwap(seen, next, false, "2", now.Revision)
			}
		}
		if after := s.revision(); after != before {
			s.Fatalf("swaps that lost moved the store from %d to %d", before, after)
		}
		s.wantValue("/a", "2", now.Revision)
	}},
	{"unchanged bytes are no write", func(s *suite) {
		at := s.create("/a", "1")
		before := s.revision()
		s.wantSwap(s.get("/a"), []byte("1"), true, "1", at)
		if after := s.revision(); after != before {
			s.Fatalf("the store went from %d to %d", before, after)
		}
		s.create("/empty", "")
		seen := s.get("/empty")
		s.wantSwap(seen, []byte{}, true, "", seen.Revision)
	}},
	{"what is gone is not found", func(s *suite) {
		s.create("/a", "1")
		seen := s.get("/a")
		s.delete("/a")
		for _, next := range [][]byte{[]byte("2"), []byte("1"), nil} {
			_, swapped, err := s.store.Swap(s.ctx, seen, next, 0)
			if swapped || !errors.Is(err, storage.ErrNotFound) || !strings.Contains(err.Error(), "/a") {
				s.Fatalf("%q: %v, %v; want ErrNotFound that names the key", next, swapped, err)
			}
		}
		if _, _, err := s.store.Get(s.ctx, "/a"); !errors.Is(err, storage.ErrNotFound) {
			s.Fatalf("a swap made it: %v", err)
		}
	}},
	{"what was never seen is refused", func(s *suite) {
		for _, seen := range []storage.KeyValue{{}, {Key: "/a"}, {Key: "/a", Revision: -1}, {Revision: 1}} {
			for _, next := range [][]byte{[]byte("1"), {}, nil} {
				if _, swapped, err := s.store.Swap(s.ctx, seen, next, 0); swapped || err == nil {
					s.Fatalf("%s for %q: %v, %v", show(seen), next, swapped, err)
				}
			}
		}
		s.wantList("", storage.ListOptions{}, 0)
	}},
	{"the caller keeps its buffer", func(s *suite) {
		s.create("/a", "1")
		buffer := []byte("mine")
		got, _, err := s.store.Swap(s.ctx, s.get("/a"), buffer, 0)
		if err != nil {
			s.Fatal(err)
		}
		copy(buffer, "XXXX")
		s.wantValue("/a", "mine", got.Revision)
	}},
	{"too large, cancelled", func(s *suite) {
		at := s.create("/a", "1")
		seen := s.get("/a")
		for _, size := range []int{1700 << 10, 8 << 20} {
			if _, swapped, err := s.store.Swap(s.ctx, seen, make([]byte, size), 0); swapped || !errors.Is(err, storage.ErrTooLarge) {
				s.Fatalf("%d bytes: %v, %v; want ErrTooLarge", size, swapped, err)
			}
		}
		ctx, cancel := context.WithCancel(s.ctx)
		cancel()
		for _, next := range [][]byte{[]byte("2"), []byte("1"), nil} {
			if _, swapped, err := s.store.Swap(ctx, seen, next, 0); swapped || !errors.Is(err, context.Canceled) || errors.Is(err, storage.ErrUnavailable) {
				s.Fatalf("%q: %v, %v; want context.Canceled", next, swapped, err)
			}
		}
		s.wantValue("/a", "1", at)
	}},
	{"one of many swaps of a pair wins", func(s *suite) {
		s.create("/a", "0")
		for round := range 20 {
			seen := s.get("/a")
			var won, lost atomic.Int64
			s.inParallel(6, 6, func(i int) {
				got, swapped, err := s.store.Swap(s.ctx, seen, fmt.Appendf(nil, "%d by %d", round, i), 0)
				switch {
				case err != nil:
					s.Errorf("swap: %v", err)
				case swapped:
					won.Add(1)
				case got.Revision > seen.Revision:
					lost.Add(1)
				}
			})
			if won.Load() != 1 || lost.Load() != 5 {
				s.Fatalf("%d swaps won, %d were given a newer pair", won.Load(), lost.Load())
			}
		}
	}},
	{"a watch sees those that were swapped", func(s *suite) {
		s.create("/a", "1")
		first := s.get("/a")
		w := s.watch("/a", s.revision())
		second := s.wantSwap(first, []byte("2"), true, "2", 0)
		s.wantSwap(first, []byte("3"), false, "2", second.Revision)
		s.wantSwap(second, []byte("2"), true, "2", second.Revision)
		gone := s.wantSwap(second, nil, true, "2", 0)
		w.want(fmt.Sprintf("/a@%d: 1@%d -> 2", second.Revision, first.Revision))
		w.want(fmt.Sprintf("/a@%d: 2@%d -> -", gone.Revision, second.Revision))
	}},
	{"unchanged bytes leave the time to live alone", func(s *suite) {
		const ttl = time.Second
		for _, key := range []string{"/short", "/lost"} {
			if _, err := s.store.Create(s.ctx, key, []byte("1"), ttl); err != nil {
				s.Fatal(err)
			}
		}
		s.create("/kept", "1")
		for _, c := range []struct {
			key, next string
			ttl       time.Duration
		}{{"/short", "1", 0}, {"/lost", "2", 0}, {"/kept", "1", ttl}} {
			if _, swapped, err := s.store.Swap(s.ctx, s.get(c.key), []byte(c.next), c.ttl); err != nil || !swapped {
				s.Fatalf("swap %s: %v, %v", c.key, swapped, err)
			}
		}
		s.eventually("/short vanishes", func() bool {
			_, _, err := s.store.Get(s.ctx, "/short")
			return errors.Is(err, storage.ErrNotFound)
		})
		s.get("/lost")
		s.get("/kept")
	}},
	{"a peek is a pair that was stored", func(s *suite) {
		if kv, ok := s.store.Peek(s.ctx, "/a"); ok {
			s.Fatalf("peeked at %s, which nobody made", show(kv))
		}
		s.create("/a", "1")
		first := s.get("/a")
		s.update("/a", "2")
		second := s.get("/a")
		if kv, ok := s.store.Peek(s.ctx, "/a"); ok && show(kv) != show(first) && show(kv) != show(second) {
			s.Fatalf("peeked at %s, neither %s nor %s", show(kv), show(first), show(second))
		}
		if err := s.store.Close(); err != nil {
			s.Fatal(err)
		}
		if kv, ok := s.store.Peek(s.ctx, "/a"); ok {
			s.Fatalf("peeked at %s of a closed store", show(kv))
		}
	}},
	{"an update believes no peek that is old", func(s *suite) {
		s.create("/a", "1")
		first := s.get("/a")
		s.update("/a", "2")
		for _, c := range []struct {
			name string
			next storage.UpdateFunc
			want string
		}{
			{"an error", func(kv storage.KeyValue) ([]byte, error) {
				if string(kv.Value) == "1" {
					return nil, errMine
				}
				return []byte("3"), nil
			}, "3"},
			{"no change", func(kv storage.KeyValue) ([]byte, error) {
				if string(kv.Value) == "1" {
					return kv.Value, nil
				}
				return []byte("4"), nil
			}, "4"},
			{"a deletion", func(kv storage.KeyValue) ([]byte, error) {
				if string(kv.Value) == "1" {
					return nil, nil
				}
				return []byte("5"), nil
			}, "5"},
		} {
			got, err := storage.Update(s.ctx, behind{s.store, first}, "/a", 0, c.next)
			if err != nil || string(got.Value) != c.want {
				s.Fatalf("%s: %s, %v", c.name, show(got), err)
			}
			s.wantValue("/a", c.want, got.Revision)
		}
		calls := 0
		_, err := storage.Update(s.ctx, behind{s.store, s.get("/a")}, "/a", 0, func(storage.KeyValue) ([]byte, error) {
			calls++
			return nil, errMine
		})
		if err != errMine || calls != 1 {
			s.Fatalf("a peek that a read found current: %v after %d calls", err, calls)
		}
	}},
}

// behind is a store whose cache is stuck at a pair.
type behind struct {
	storage.Store
	pair storage.KeyValue
}

func (b behind) Peek(context.Context, string) (storage.KeyValue, bool) { return b.pair, true }
