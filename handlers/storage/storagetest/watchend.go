package storagetest

import (
	"context"
	"errors"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

var watchEndTests = []test{
	{"stop, twice and from anywhere", func(s *suite) {
		w := s.watch("/x/", 0)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(w.Stop)
		}
		wg.Wait()
		if err := w.ended(); err != nil {
			s.Fatal(err)
		}
		w.Stop()
	}},
	{"stop while events wait", func(s *suite) {
		from := s.revision()
		s.inParallel(8, 300, func(i int) { s.create("/x/"+string(rune('a'+i%26))+string(rune('A'+i/26)), "1") })
		w := s.watch("/x/", from)
		w.next()
		w.Stop()
		if err := w.ended(); err != nil {
			s.Fatal(err)
		}
	}},
	{"the end of the context", func(s *suite) {
		ctx, cancel := context.WithCancel(s.ctx)
		inner, err := s.store.Watch(ctx, "/x/", 0)
		if err != nil {
			s.Fatal(err)
		}
		w := watched{s, inner}
		s.create("/x/a", "1")
		w.next()
		cancel()
		if err := w.ended(); err != nil {
			s.Fatal(err)
		}
	}},
	{"a stopped watch leaves the others alone", func(s *suite) {
		gone, stays := s.watch("/x/", 0), s.watch("/x/", 0)
		gone.Stop()
		if err := gone.ended(); err != nil {
			s.Fatal(err)
		}
		s.create("/x/a", "1")
		if e := stays.next(); e.Key != "/x/a" {
			s.Fatalf("got %s", showEvent(e))
		}
	}},
	{"nothing is left behind", func(s *suite) {
		// What the first watch starts (a connection) may stay.
		first := s.watch("/x/", 0)
		s.create("/x/a", "1")
		first.next()
		before := runtime.NumGoroutine()
		var all []watched
		for i := range 50 {
			// Half of them are never read from.
			w := s.watch("/x/", first.s.revision()-int64(i%2))
			all = append(all, w)
		}
		if during := runtime.NumGoroutine(); during < before {
			s.Fatalf("%d goroutines before, %d with watches", before, during)
		}
		for _, w := range all {
			w.Stop()
		}
		s.Cleanup(func() {
			if s.Failed() {
				var stacks strings.Builder
				_ = pprof.Lookup("goroutine").WriteTo(&stacks, 1)
				s.Logf("%d goroutines before, %d now:\n%.8000s", before, runtime.NumGoroutine(), stacks.String())
			}
		})
		// A store that has just begun may still start some of its own; what is looked for are those of 50 watches.
		s.eventually("the goroutines of stopped watches end", func() bool { return runtime.NumGoroutine() < before+len(all)/4 })
	}},
}

var closeTests = []test{
	{"ends watches and refuses what comes after", func(s *suite) {
		s.create("/x/a", "1")
		watches := []watched{s.watch("/x/", 0), s.watch("/", s.revision()-1)}
		if err := s.store.Close(); err != nil {
			s.Fatal(err)
		}
		for _, w := range watches {
			if err := w.ended(); err != nil {
				s.Errorf("the watch ended with %v", err)
			}
			w.Stop()
		}
		_, _, get := s.store.Get(s.ctx, "/x/a")
		_, list := s.store.List(s.ctx, "/x/", storage.ListOptions{})
		_, create := s.store.Create(s.ctx, "/x/b", []byte("1"), 0)
		_, update := storage.Update(s.ctx, s.store, "/x/a", 0, to("2"))
		_, watch := s.store.Watch(s.ctx, "/x/", 1)
		_, now := s.store.Watch(s.ctx, "/x/", 0)
		_, revision := s.store.Revision(s.ctx)
		_, size := s.store.(storage.Sizer).Size(s.ctx)
		for name, err := range map[string]error{
			"get": get, "list": list, "create": create, "update": update, "watch": watch, "watch from now": now,
			"revision": revision, "ready": s.store.Ready(s.ctx), "size": size,
		} {
			if !errors.Is(err, storage.ErrUnavailable) {
				s.Errorf("%s: %v, want ErrUnavailable", name, err)
			}
		}
		if err := s.store.Close(); err != nil {
			s.Fatalf("closed again: %v", err)
		}
	}},
	{"under load", func(s *suite) {
		var wg sync.WaitGroup
		s.create("/n", "0")
		for range 4 {
			wg.Go(func() {
				for {
					if _, err := storage.Update(s.ctx, s.store, "/n", 0, increment); err != nil {
						if !errors.Is(err, storage.ErrUnavailable) {
							s.Errorf("update: %v", err)
						}
						return
					}
				}
			})
		}
		w := s.watch("/n", 0)
		w.next()
		if err := s.store.Close(); err != nil {
			s.Fatal(err)
		}
		wg.Wait()
		if err := w.ended(); err != nil {
			s.Fatal(err)
		}
	}},
}
