package storagetest

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// loadTests are for a storage.Feeder; another Store passes them.
var loadTests = []test{
	{"of nothing", func(s *suite) {
		if got, revision, ok := s.load(); ok && (len(got) > 0 || revision != s.revision()) {
			s.Fatalf("%d pairs at revision %d, want none at %d", len(got), revision, s.revision())
		}
	}},
	{"everything in order, as it is now", func(s *suite) {
		const n = 1200
		want := map[string]storage.KeyValue{}
		for i := range n {
			key := fmt.Sprintf("/a/%04d", i*7919%n)
			// Some are so large that no page has many of them.
			value := bytes.Repeat([]byte{byte(i)}, 1+i%7)
			if i%60 == 0 {
				value = bytes.Repeat(value, 150<<10/len(value))
			}
			want[key] = storage.KeyValue{Key: key, Value: value, Revision: s.create(key, string(value))}
		}
		s.delete("/a/0003")
		delete(want, "/a/0003")
		want["/a/0004"] = storage.KeyValue{Key: "/a/0004", Value: []byte("2"), Revision: s.update("/a/0004", "2")}
		want["/b"] = storage.KeyValue{Key: "/b", Value: []byte{}, Revision: s.create("/b", "")}
		got, revision, ok := s.load()
		if !ok {
			return
		}
		if revision != s.revision() || len(got) != len(want) {
			s.Fatalf("%d pairs at revision %d, want %d at %d", len(got), revision, len(want), s.revision())
		}
		for i, kv := range got {
			if w := want[kv.Key]; kv.Revision != w.Revision || !bytes.Equal(kv.Value, w.Value) || kv.Value == nil {
				s.Fatalf("got %s, want %s", show(kv), show(w))
			}
			if i > 0 && kv.Key <= got[i-1].Key {
				s.Fatalf("%s comes after %s", kv.Key, got[i-1].Key)
			}
		}
	}},
	{"writes meanwhile do not show", func(s *suite) {
		f, ok := s.store.(storage.Feeder)
		if !ok {
			return
		}
		for i := range 1200 {
			s.create(fmt.Sprintf("/a/%04d", i), "1")
		}
		before, pages := s.revision(), 0
		revision, err := f.Load(s.ctx, func(pairs []storage.KeyValue) error {
			pages++
			s.create(fmt.Sprintf("/a/new-%d", pages), "1")
			for _, kv := range pairs {
				if kv.Revision > before {
					return fmt.Errorf("%s is from later than revision %d", show(kv), before)
				}
			}
			return nil
		})
		if err != nil || revision != before || pages < 2 {
			s.Fatalf("loaded revision %d in %d pages: %v, want revision %d", revision, pages, err, before)
		}
	}},
	{"of what is this store's only, and fed of no more", func(s *suite) {
		f, ok := s.store.(storage.Feeder)
		if !ok {
			return
		}
		// With an operator's prefix /registry that is /registry-other/a, of another cluster on the same etcd.
		s.create("-other/a", "1")
		s.create("/a", "1")
		got, revision, _ := s.load()
		if len(got) != 1 || got[0].Key != "/a" {
			s.Errorf("loaded %d pairs", len(got))
		}
		s.create("-other/b", "1")
		last := s.create("/b", "1")
		enough := errors.New("enough")
		err := f.Feed(s.ctx, revision, func(changes []storage.Event, through int64) error {
			for _, e := range changes {
				if e.Key != "/b" {
					s.Errorf("fed of %q", e.Key)
				}
			}
			if through >= last {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) {
			s.Error(err)
		}
	}},
	{"that is refused, or of a closed store", func(s *suite) {
		f, ok := s.store.(storage.Feeder)
		if !ok {
			return
		}
		s.create("/a", "1")
		refusal := errors.New("enough")
		if _, err := f.Load(s.ctx, func([]storage.KeyValue) error { return refusal }); !errors.Is(err, refusal) {
			s.Errorf("got %v, want the listener's own error", err)
		}
		if err := f.Close(); err != nil {
			s.Fatal(err)
		}
		if _, err := f.Load(s.ctx, func([]storage.KeyValue) error { return nil }); !errors.Is(err, storage.ErrUnavailable) {
			s.Errorf("got %v, want ErrUnavailable", err)
		}
	}},
}

// load is everything there is; false when the store cannot be loaded.
func (s *suite) load() (got []storage.KeyValue, revision int64, ok bool) {
	s.Helper()
	f, ok := s.store.(storage.Feeder)
	if !ok {
		return nil, 0, false
	}
	revision, err := f.Load(s.ctx, func(pairs []storage.KeyValue) error {
		got = append(got, pairs...)
		return nil
	})
	if err != nil {
		s.Fatalf("load: %v", err)
	}
	return got, revision, true
}
