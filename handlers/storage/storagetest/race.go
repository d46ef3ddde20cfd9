package storagetest

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// inParallel spreads n calls over workers goroutines and waits for them.
func (s *suite) inParallel(workers, n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	wg.Wait()
}

func increment(kv storage.KeyValue) ([]byte, error) {
	n, err := strconv.Atoi(string(kv.Value))
	return []byte(strconv.Itoa(n + 1)), err
}

var raceTests = []test{
	{"no increment is lost", func(s *suite) {
		s.create("/n", "0")
		const n = 200
		var revisions sync.Map
		s.inParallel(8, n, func(int) {
			kv, err := storage.Update(s.ctx, s.store, "/n", 0, increment)
			if err != nil {
				s.Errorf("increment: %v", err)
			}
			if other, taken := revisions.LoadOrStore(kv.Revision, string(kv.Value)); taken {
				s.Errorf("%s and %s were both written at %d", other, kv.Value, kv.Revision)
			}
		})
		kv, _, err := s.store.Get(s.ctx, "/n")
		if err != nil || string(kv.Value) != strconv.Itoa(n) {
			s.Fatalf("got %s, %v after %d increments", show(kv), err, n)
		}
	}},
	{"one of many creates wins", func(s *suite) {
		for round := range 20 {
			key := fmt.Sprintf("/c/%d", round)
			var won atomic.Int64
			s.inParallel(6, 6, func(i int) {
				switch _, err := s.store.Create(s.ctx, key, []byte(strconv.Itoa(i)), 0); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, storage.ErrExists):
					s.Errorf("create: %v", err)
				}
			})
			if won.Load() != 1 {
				s.Fatalf("%d creates of one key succeeded", won.Load())
			}
		}
	}},
	{"one of many deletions wins", func(s *suite) {
		for round := range 20 {
			key := fmt.Sprintf("/d/%d", round)
			s.create(key, "1")
			var won atomic.Int64
			s.inParallel(6, 6, func(int) {
				switch _, err := storage.Update(s.ctx, s.store, key, 0, remove); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, storage.ErrNotFound):
					s.Errorf("delete: %v", err)
				}
			})
			if won.Load() != 1 {
				s.Fatalf("%d deletions of one key succeeded", won.Load())
			}
		}
	}},
}

var ttlTests = []test{
	{"what has a time to live vanishes, what lost it stays", func(s *suite) {
		const ttl = time.Second
		from := s.revision()
		for _, key := range []string{"/short", "/kept"} {
			if _, err := s.store.Create(s.ctx, key, []byte("1"), ttl); err != nil {
				s.Fatal(err)
			}
		}
		s.create("/forever", "1")
		s.create("/shortened", "1")
		s.update("/kept", "2")
		if _, err := storage.Update(s.ctx, s.store, "/shortened", ttl, to("2")); err != nil {
			s.Fatal(err)
		}
		for _, key := range []string{"/short", "/shortened"} {
			s.eventually(key+" vanishes", func() bool {
				_, _, err := s.store.Get(s.ctx, key)
				return errors.Is(err, storage.ErrNotFound)
			})
		}
		for _, key := range []string{"/kept", "/forever"} {
			if _, _, err := s.store.Get(s.ctx, key); err != nil {
				s.Errorf("%s: %v", key, err)
			}
		}
		// An end by age is a deletion like any other.
		ended := map[string]string{}
		w := s.watch("/", from)
		for len(ended) < 2 {
			if e := w.next(); e.Type == storage.Deleted {
				ended[e.Key] = string(e.Previous)
			}
		}
		if ended["/short"] != "1" || ended["/shortened"] != "2" {
			s.Errorf("deletions seen by a watch: %v", ended)
		}
	}},
}
