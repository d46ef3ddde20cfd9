package storagetest

import (
	"errors"
	"fmt"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

func (s *suite) compact(revision int64) {
	s.Helper()
	c, ok := s.store.(storage.Compactor)
	if !ok {
		s.Fatalf("%T is no storage.Compactor, which the suite needs", s.store)
	}
	if err := c.Compact(s.ctx, revision); err != nil {
		s.Fatalf("compact to %d: %v", revision, err)
	}
}

var historyTests = []test{
	{"a list older than compaction", func(s *suite) {
		old := s.create("/x/a", "1")
		at := s.update("/x/a", "2")
		s.update("/x/a", "3")
		s.compact(at)
		if _, err := s.store.List(s.ctx, "/x/", storage.ListOptions{Revision: old}); !errors.Is(err, storage.ErrCompacted) {
			s.Fatalf("got %v, want ErrCompacted", err)
		}
		if got := s.list("/x/", storage.ListOptions{Revision: at}); string(got.Items[0].Value) != "2" {
			s.Fatalf("the revision compacted to has %s", show(got.Items[0]))
		}
		if got := s.list("/x/", storage.ListOptions{}); string(got.Items[0].Value) != "3" {
			s.Fatalf("the newest is %s", show(got.Items[0]))
		}
	}},
	{"a watch from before compaction", func(s *suite) {
		old := s.create("/x/a", "1")
		s.update("/x/a", "2")
		at := s.update("/x/a", "3")
		s.compact(at)
		w, err := s.store.Watch(s.ctx, "/x/", old-1)
		if err == nil {
			err = watched{s, w}.ended()
		}
		if !errors.Is(err, storage.ErrCompacted) {
			s.Fatalf("got %v, want ErrCompacted", err)
		}
	}},
	{"a watch that is up to date survives compaction", func(s *suite) {
		w := s.watch("/x/", s.revision())
		a := s.create("/x/a", "1")
		w.want(fmt.Sprintf("/x/a@%d: - -> 1", a))
		s.compact(a)
		w.want(fmt.Sprintf("/x/a@%d: 1@%d -> 2", s.update("/x/a", "2"), a))
	}},
	{"a watch from the revision compacted to", func(s *suite) {
		a := s.create("/x/a", "1")
		s.compact(a)
		w := s.watch("/x/", a)
		w.want(fmt.Sprintf("/x/a@%d: 1@%d -> 2", s.update("/x/a", "2"), a))
	}},
	{"compaction itself", func(s *suite) {
		c, ok := s.store.(storage.Compactor)
		if !ok {
			s.Fatalf("%T is no storage.Compactor, which the suite needs", s.store)
		}
		at := s.create("/x/a", "1")
		s.compact(at)
		if err := c.Compact(s.ctx, at); !errors.Is(err, storage.ErrCompacted) {
			s.Errorf("again: %v, want ErrCompacted", err)
		}
		if err := c.Compact(s.ctx, s.revision()+1000); !errors.Is(err, storage.ErrFutureRevision) {
			s.Errorf("to the future: %v, want ErrFutureRevision", err)
		}
		s.wantValue("/x/a", "1", at)
	}},
}
