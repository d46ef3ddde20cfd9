package storagetest

import (
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// oddKeys are what a careless store would fold, cut or take apart.
var oddKeys = []string{
	"/k/\x00", "/k/\x00\x01", "/k/ ", "/k/%2F", "/k/..", "/k/a/b/c", "/k/a:b", "/k/ABC", "/k/abc", "/k/\u00e9",
	"/k/\u65e5\u672c", "/k/\xff", "/k/\xff\xff",
}

var keyTests = []test{
	{"any bytes", func(s *suite) {
		w := s.watch("/k/", s.revision())
		for _, key := range oddKeys {
			at := s.create(key, key)
			s.wantValue(key, key, at)
			if e := w.next(); e.Key != key || string(e.Value) != key {
				s.Fatalf("watched %s, want %q", showEvent(e), key)
			}
		}
		got := s.list("/k/", storage.ListOptions{})
		if len(got.Items) != len(oddKeys) {
			s.Fatalf("%d of %d keys are listed", len(got.Items), len(oddKeys))
		}
		for i := 1; i < len(got.Items); i++ {
			if got.Items[i-1].Key >= got.Items[i].Key {
				s.Fatalf("%q comes before %q", got.Items[i-1].Key, got.Items[i].Key)
			}
		}
		for _, key := range oddKeys {
			if pair, err := storage.Update(s.ctx, s.store, key, 0, remove); err != nil || pair.Key != key {
				s.Fatalf("delete %q: %s, %v", key, show(pair), err)
			}
		}
	}},
	{"any bytes as a value", func(s *suite) {
		value := make([]byte, 256)
		for i := range value {
			value[i] = byte(i)
		}
		s.wantValue("/k/v", string(value), s.create("/k/v", string(value)))
	}},
	{"no key at all", func(s *suite) {
		if _, _, err := s.store.Get(s.ctx, ""); err == nil {
			s.Error("get of nothing succeeded")
		}
		if _, err := s.store.Create(s.ctx, "", []byte("1"), 0); err == nil {
			s.Error("create of nothing succeeded")
		}
		if _, err := storage.Update(s.ctx, s.store, "", 0, to("1")); err == nil {
			s.Error("update of nothing succeeded")
		}
	}},
	{"the empty prefix is everything", func(s *suite) {
		w := s.watch("", s.revision())
		s.create("/b", "1")
		s.create("/a", "1")
		s.wantList("", storage.ListOptions{}, 0, "/a", "/b")
		if first, second := w.next().Key, w.next().Key; first != "/b" || second != "/a" {
			s.Fatalf("watched %q and %q", first, second)
		}
	}},
}
