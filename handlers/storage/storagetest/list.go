package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// wantList checks a list's keys and that its revision is no older than the newest write.
func (s *suite) wantList(prefix string, o storage.ListOptions, remaining int64, keys ...string) storage.ListResult {
	s.Helper()
	result := s.list(prefix, o)
	if got, want := strings.TrimSpace(keysOf(result.Items)), strings.Join(keys, " "); got != want {
		s.Fatalf("list %q %+v has %q, want %q", prefix, o, got, want)
	}
	if result.Remaining != remaining {
		s.Fatalf("list %q %+v says that %d remain, want %d", prefix, o, result.Remaining, remaining)
	}
	return result
}

var listTests = []test{
	{"key order, values and revisions", func(s *suite) {
		c, a, b := s.create("/x/c", "3"), s.create("/x/a", "1"), s.create("/x/b", "2")
		got := s.wantList("/x/", storage.ListOptions{}, 0, "/x/a", "/x/b", "/x/c")
		for i, want := range []storage.KeyValue{
			{Key: "/x/a", Value: []byte("1"), Revision: a}, {Key: "/x/b", Value: []byte("2"), Revision: b},
			{Key: "/x/c", Value: []byte("3"), Revision: c},
		} {
			if show(got.Items[i]) != show(want) {
				s.Fatalf("item %d is %s, want %s", i, show(got.Items[i]), show(want))
			}
		}
		if got.Revision < b {
			s.Fatalf("list at revision %d misses a write at %d", got.Revision, b)
		}
	}},
	{"nothing there", func(s *suite) {
		at := s.create("/x/a", "1")
		if got := s.wantList("/y/", storage.ListOptions{}, 0); got.Revision < at {
			s.Fatalf("an empty list at revision %d, after a write at %d", got.Revision, at)
		}
	}},
	{"the prefix ends where it ends", func(s *suite) {
		for _, key := range []string{"/pods", "/pods.", "/pods/", "/pods/a", "/pods/\xff", "/pods0", "/podsx/a"} {
			s.create(key, "1")
		}
		s.wantList("/pods/", storage.ListOptions{}, 0, "/pods/", "/pods/a", "/pods/\xff")
		s.wantList("/podsx/", storage.ListOptions{}, 0, "/podsx/a")
	}},
	{"from", func(s *suite) {
		for _, key := range []string{"/w", "/x/a", "/x/b", "/x/c", "/y"} {
			s.create(key, "1")
		}
		s.wantList("/x/", storage.ListOptions{From: "/x/b"}, 0, "/x/b", "/x/c")
		s.wantList("/x/", storage.ListOptions{From: "/x/b\x00"}, 0, "/x/c")
		s.wantList("/x/", storage.ListOptions{From: "/a"}, 0, "/x/a", "/x/b", "/x/c")
		for _, past := range []string{"/x/d", "/x0", "/y", "/z"} {
			if got := s.wantList("/x/", storage.ListOptions{From: past}, 0); got.Revision == 0 {
				s.Fatalf("a list from %q has no revision", past)
			}
		}
	}},
	{"limit and what remains", func(s *suite) {
		for _, key := range []string{"/x/a", "/x/b", "/x/c", "/y"} {
			s.create(key, "1")
		}
		s.wantList("/x/", storage.ListOptions{Limit: 1}, 2, "/x/a")
		s.wantList("/x/", storage.ListOptions{Limit: 2}, 1, "/x/a", "/x/b")
		s.wantList("/x/", storage.ListOptions{Limit: 3}, 0, "/x/a", "/x/b", "/x/c")
		s.wantList("/x/", storage.ListOptions{Limit: 9}, 0, "/x/a", "/x/b", "/x/c")
		s.wantList("/x/", storage.ListOptions{Limit: 1, From: "/x/b"}, 1, "/x/b")
	}},
	{"pages at one revision while others write", func(s *suite) {
		for _, key := range []string{"/x/a", "/x/b", "/x/c", "/x/d"} {
			s.create(key, "old")
		}
		first := s.wantList("/x/", storage.ListOptions{Limit: 2}, 2, "/x/a", "/x/b")
		s.delete("/x/c")
		s.create("/x/bb", "new")
		s.update("/x/d", "new")
		rest := s.wantList("/x/", storage.ListOptions{From: "/x/b\x00", Revision: first.Revision}, 0, "/x/c", "/x/d")
		if rest.Revision != first.Revision || string(rest.Items[1].Value) != "old" {
			s.Fatalf("page at revision %d has %s, want the state at %d", rest.Revision, show(rest.Items[1]), first.Revision)
		}
	}},
	{"every revision as it was", func(s *suite) {
		want := map[int64]string{}
		note := func(at int64, keys string) { want[at] = keys }
		note(s.create("/x/a", "1"), "/x/a=1")
		note(s.create("/x/b", "1"), "/x/a=1 /x/b=1")
		note(s.update("/x/a", "2"), "/x/a=2 /x/b=1")
		note(s.create("/elsewhere", "1"), "/x/a=2 /x/b=1")
		note(s.delete("/x/a"), "/x/b=1")
		note(s.create("/x/a", "3"), "/x/a=3 /x/b=1")
		for at, state := range want {
			result := s.list("/x/", storage.ListOptions{Revision: at})
			got := []string{}
			for _, kv := range result.Items {
				got = append(got, fmt.Sprintf("%s=%s", kv.Key, kv.Value))
			}
			if strings.Join(got, " ") != state || result.Revision != at {
				s.Errorf("at %d: %v at %d, want %s", at, got, result.Revision, state)
			}
		}
	}},
	{"a revision that has not happened", func(s *suite) {
		s.create("/x/a", "1")
		_, err := s.store.List(s.ctx, "/x/", storage.ListOptions{Revision: s.revision() + 1000})
		if !errors.Is(err, storage.ErrFutureRevision) {
			s.Fatalf("got %v, want ErrFutureRevision", err)
		}
	}},
	{"more than fits one answer", func(s *suite) {
		const n = 1700
		want := make([]string, n)
		for i := range want {
			want[i] = fmt.Sprintf("/x/%05d", i)
		}
		s.inParallel(16, n, func(i int) { s.create(want[i], strings.Repeat("v", 100)) })
		s.wantList("/x/", storage.ListOptions{}, 0, want...)
		s.wantList("/x/", storage.ListOptions{Limit: 1200}, n-1200, want[:1200]...)
		all := s.list("/x/", storage.ListOptions{From: want[100], Limit: n})
		if len(all.Items) != n-100 || !slices.IsSortedFunc(all.Items, byKey) {
			s.Fatalf("%d items from the 101st of %d", len(all.Items), n)
		}
	}},
}

func byKey(a, b storage.KeyValue) int { return strings.Compare(a.Key, b.Key) }
