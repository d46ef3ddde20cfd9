package storagetest

import (
	"bytes"
	"errors"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

var createTests = []test{
	{"stores what was given", func(s *suite) {
		s.wantValue("/a", "1", s.create("/a", "1"))
	}},
	{"every write has a newer revision", func(s *suite) {
		last := s.revision()
		for _, at := range []int64{s.create("/a", "1"), s.create("/b", "1"), s.update("/a", "2"), s.delete("/b"), s.create("/b", "3")} {
			if at <= last {
				s.Fatalf("a write at %d follows one at %d", at, last)
			}
			last = at
		}
	}},
	{"a key that exists stays as it is", func(s *suite) {
		at := s.create("/a", "1")
		_, err := s.store.Create(s.ctx, "/a", []byte("2"), 0)
		if !errors.Is(err, storage.ErrExists) || !strings.Contains(err.Error(), "/a") {
			s.Fatalf("got %v, want ErrExists that names the key", err)
		}
		s.wantValue("/a", "1", at)
	}},
	{"a deleted key can be made again", func(s *suite) {
		s.create("/a", "1")
		s.delete("/a")
		s.wantValue("/a", "2", s.create("/a", "2"))
	}},
	{"an empty value is a value", func(s *suite) {
		at := s.create("/a", "")
		s.wantValue("/a", "", at)
		if kv, _, _ := s.store.Get(s.ctx, "/a"); kv.Value == nil {
			s.Fatal("the value of a key that exists is nil")
		}
	}},
	{"the caller keeps its buffer", func(s *suite) {
		buffer := []byte("mine")
		at, err := s.store.Create(s.ctx, "/a", buffer, 0)
		if err != nil {
			s.Fatal(err)
		}
		copy(buffer, "XXXX")
		s.wantValue("/a", "mine", at)
	}},
	{"a value that is too large", func(s *suite) {
		// One above etcd's own limit only, one above what its client sends.
		for _, size := range []int{1700 << 10, 8 << 20} {
			if _, err := s.store.Create(s.ctx, "/a", bytes.Repeat([]byte("v"), size), 0); !errors.Is(err, storage.ErrTooLarge) {
				s.Fatalf("%d bytes: %v, want ErrTooLarge", size, err)
			}
		}
		at := s.create("/a", "1")
		if _, err := storage.Update(s.ctx, s.store, "/a", 0, to(strings.Repeat("v", 1700<<10))); !errors.Is(err, storage.ErrTooLarge) {
			s.Fatalf("update: %v, want ErrTooLarge", err)
		}
		s.wantValue("/a", "1", at)
	}},
	{"a megabyte is not too large", func(s *suite) {
		value := strings.Repeat("v", 1<<20)
		s.wantValue("/a", value, s.create("/a", value))
	}},
}

var errMine = errors.New("no")

var updateTests = []test{
	{"a missing key", func(s *suite) {
		_, err := storage.Update(s.ctx, s.store, "/a", 0, func(storage.KeyValue) ([]byte, error) {
			s.Error("asked for the next value of nothing")
			return nil, nil
		})
		if !errors.Is(err, storage.ErrNotFound) || !strings.Contains(err.Error(), "/a") {
			s.Fatalf("got %v, want ErrNotFound that names the key", err)
		}
	}},
	{"sees the current pair and returns the new", func(s *suite) {
		created := s.create("/a", "1")
		got, err := storage.Update(s.ctx, s.store, "/a", 0, func(kv storage.KeyValue) ([]byte, error) {
			if kv.Key != "/a" || string(kv.Value) != "1" || kv.Revision != created {
				s.Errorf("current is %s", show(kv))
			}
			return []byte("2"), nil
		})
		if err != nil || got.Key != "/a" || string(got.Value) != "2" || got.Revision <= created {
			s.Fatalf("got %s, %v", show(got), err)
		}
		s.wantValue("/a", "2", got.Revision)
	}},
	{"unchanged bytes are no write", func(s *suite) {
		at := s.create("/a", "1")
		before := s.revision()
		if got, err := storage.Update(s.ctx, s.store, "/a", 0, to("1")); err != nil || got.Revision != at || string(got.Value) != "1" {
			s.Fatalf("got %s, %v; want revision %d", show(got), err, at)
		}
		if after := s.revision(); after != before {
			s.Fatalf("the store went from %d to %d", before, after)
		}
	}},
	{"an empty result is a value", func(s *suite) {
		s.create("/a", "1")
		s.wantValue("/a", "", s.update("/a", ""))
	}},
	{"nil deletes", func(s *suite) {
		at := s.create("/a", "1")
		got, err := storage.Update(s.ctx, s.store, "/a", 0, remove)
		if err != nil || got.Key != "/a" || string(got.Value) != "1" || got.Revision <= at {
			s.Fatalf("got %s, %v; want what was deleted, newer than %d", show(got), err, at)
		}
		if s.revision() < got.Revision {
			s.Fatalf("the store is behind the deletion")
		}
		if _, _, err := s.store.Get(s.ctx, "/a"); !errors.Is(err, storage.ErrNotFound) {
			s.Fatalf("it is still there: %v", err)
		}
	}},
	{"nil deletes an empty value too", func(s *suite) {
		s.create("/a", "")
		s.delete("/a")
		if _, _, err := s.store.Get(s.ctx, "/a"); !errors.Is(err, storage.ErrNotFound) {
			s.Fatalf("it is still there: %v", err)
		}
	}},
	{"its error is returned as it is", func(s *suite) {
		at := s.create("/a", "1")
		if _, err := storage.Update(s.ctx, s.store, "/a", 0, func(storage.KeyValue) ([]byte, error) {
			return []byte("2"), errMine
		}); err != errMine {
			s.Fatalf("got %v, want the very error", err)
		}
		s.wantValue("/a", "1", at)
	}},
	{"another writer came first", func(s *suite) {
		s.create("/a", "1")
		var seen []string
		got, err := storage.Update(s.ctx, s.store, "/a", 0, func(kv storage.KeyValue) ([]byte, error) {
			seen = append(seen, string(kv.Value))
			if len(seen) == 1 {
				s.update("/a", "other")
			}
			return append(kv.Value[:len(kv.Value):len(kv.Value)], "+mine"...), nil
		})
		if err != nil || string(got.Value) != "other+mine" || strings.Join(seen, " ") != "1 other" {
			s.Fatalf("got %s, %v after seeing %v", show(got), err, seen)
		}
	}},
	{"a deletion does not take a newer value", func(s *suite) {
		s.create("/a", "1")
		calls := 0
		_, err := storage.Update(s.ctx, s.store, "/a", 0, func(kv storage.KeyValue) ([]byte, error) {
			if calls++; calls == 1 {
				s.update("/a", "2")
				return nil, nil
			}
			return nil, errMine
		})
		if err != errMine || calls != 2 {
			s.Fatalf("got %v after %d calls, want to be asked again", err, calls)
		}
	}},
	{"somebody deleted it meanwhile", func(s *suite) {
		s.create("/a", "1")
		_, err := storage.Update(s.ctx, s.store, "/a", 0, func(storage.KeyValue) ([]byte, error) {
			s.delete("/a")
			return []byte("2"), nil
		})
		if !errors.Is(err, storage.ErrNotFound) {
			s.Fatalf("got %v, want ErrNotFound", err)
		}
	}},
	{"somebody made it anew meanwhile", func(s *suite) {
		s.create("/a", "1")
		calls := 0
		got, err := storage.Update(s.ctx, s.store, "/a", 0, func(kv storage.KeyValue) ([]byte, error) {
			if calls++; calls == 1 {
				// The same bytes: only the revision tells that it is another object.
				s.delete("/a")
				s.create("/a", "1")
			}
			return []byte("2"), nil
		})
		if err != nil || calls != 2 || string(got.Value) != "2" {
			s.Fatalf("got %s, %v after %d calls", show(got), err, calls)
		}
	}},
}
