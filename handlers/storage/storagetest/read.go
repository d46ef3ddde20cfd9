package storagetest

import (
	"context"
	"errors"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

var readTests = []test{
	{"a missing key", func(s *suite) {
		at := s.create("/a", "1")
		_, now, err := s.store.Get(s.ctx, "/b")
		if !errors.Is(err, storage.ErrNotFound) || !strings.Contains(err.Error(), "/b") {
			s.Fatalf("got %v, want ErrNotFound that names the key", err)
		}
		if now < at {
			s.Fatalf("read at revision %d, after a write at %d", now, at)
		}
	}},
	{"a key is not its prefix", func(s *suite) {
		s.create("/a/b", "1")
		for _, key := range []string{"/a", "/a/", "/a/b/", "/a/bb"} {
			if _, _, err := s.store.Get(s.ctx, key); !errors.Is(err, storage.ErrNotFound) {
				s.Fatalf("get %q: %v, want ErrNotFound", key, err)
			}
		}
	}},
	{"the revision is no smaller than that of a write", func(s *suite) {
		for _, key := range []string{"/a", "/b", "/c"} {
			if at := s.create(key, "1"); s.revision() < at {
				s.Fatalf("revision %d after a write at %d", s.revision(), at)
			}
		}
	}},
	{"reading moves no revision", func(s *suite) {
		s.create("/a", "1")
		before := s.revision()
		s.list("/", storage.ListOptions{})
		s.store.Get(s.ctx, "/a")
		if after := s.revision(); after != before {
			s.Fatalf("revision went from %d to %d", before, after)
		}
	}},
	{"count", func(s *suite) {
		for _, key := range []string{"/pods/a/1", "/pods/a/2", "/pods/b/1", "/podsx/a"} {
			s.create(key, "1")
		}
		s.delete("/pods/a/2")
		for prefix, want := range map[string]int64{"/pods/": 2, "/pods/a/": 1, "/pods": 3, "/none/": 0, "/": 3} {
			if got, err := s.store.Count(s.ctx, prefix); err != nil || got != want {
				s.Fatalf("count %q is %d (%v), want %d", prefix, got, err, want)
			}
		}
	}},
	{"ready", func(s *suite) {
		if err := s.store.Ready(s.ctx); err != nil {
			s.Fatal(err)
		}
	}},
	{"the end of a context is said as such", func(s *suite) {
		ctx, cancel := context.WithCancel(s.ctx)
		cancel()
		_, _, get := s.store.Get(ctx, "/a")
		_, list := s.store.List(ctx, "/", storage.ListOptions{})
		_, create := s.store.Create(ctx, "/a", []byte("1"), 0)
		_, update := storage.Update(ctx, s.store, "/a", 0, to("2"))
		_, count := s.store.Count(ctx, "/")
		for name, err := range map[string]error{"get": get, "list": list, "create": create, "update": update, "count": count} {
			if !errors.Is(err, context.Canceled) || errors.Is(err, storage.ErrUnavailable) {
				s.Errorf("%s: %v, want context.Canceled", name, err)
			}
		}
	}},
}
