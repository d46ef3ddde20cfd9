package storagetest

import (
	"fmt"
	"sync/atomic"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// watched is a watch under test. next ends the test when the watch ends or nothing comes.
type watched struct {
	s *suite
	storage.Watcher
}

func (s *suite) watch(prefix string, from int64) watched {
	s.Helper()
	w, err := s.store.Watch(s.ctx, prefix, from)
	if err != nil {
		s.Fatalf("watch %q from %d: %v", prefix, from, err)
	}
	s.Cleanup(w.Stop)
	return watched{s, w}
}

// event is the next event, bookmarks included.
func (w watched) event() storage.Event {
	w.s.Helper()
	select {
	case e, open := <-w.Events():
		if !open {
			w.s.Fatalf("the watch ended: %v", w.Err())
		}
		return e
	case <-w.s.ctx.Done():
		w.s.Fatal("nothing came")
	}
	return storage.Event{}
}

// next is the next change.
func (w watched) next() storage.Event {
	w.s.Helper()
	for {
		if e := w.event(); e.Type != storage.Bookmark {
			return e
		}
	}
}

// want checks the next change, written as showEvent does.
func (w watched) want(event string) {
	w.s.Helper()
	if got := showEvent(w.next()); got != event {
		w.s.Fatalf("got %s, want %s", got, event)
	}
}

// ended waits for the end and returns what Err says.
func (w watched) ended() error {
	w.s.Helper()
	for {
		select {
		case _, open := <-w.Events():
			if !open {
				return w.Err()
			}
		case <-w.s.ctx.Done():
			w.s.Fatal("the watch did not end")
		}
	}
}

func showEvent(e storage.Event) string {
	before, after := "-", "-"
	if e.Previous != nil {
		before = fmt.Sprintf("%s@%d", e.Previous, e.PreviousRevision)
	} else if e.PreviousRevision != 0 {
		before = fmt.Sprintf("nothing@%d", e.PreviousRevision)
	}
	if e.Value != nil {
		after = string(e.Value)
	}
	return fmt.Sprintf("%s@%d: %s -> %s", e.Key, e.Revision, before, after)
}

var watchTests = []test{
	{"each kind of change", func(s *suite) {
		w := s.watch("/x/", s.revision())
		a := s.create("/x/a", "1")
		b := s.update("/x/a", "2")
		c := s.delete("/x/a")
		d := s.create("/x/a", "")
		w.want(fmt.Sprintf("/x/a@%d: - -> 1", a))
		w.want(fmt.Sprintf("/x/a@%d: 1@%d -> 2", b, a))
		e := w.next()
		if got, want := showEvent(e), fmt.Sprintf("/x/a@%d: 2@%d -> -", c, b); got != want || e.Type != storage.Deleted {
			s.Fatalf("got %s, want %s", got, want)
		}
		if e := w.next(); e.Type != storage.Put || e.Value == nil || e.Previous != nil || e.Revision != d {
			s.Fatalf("making it again is %s", showEvent(e))
		}
	}},
	{"from a revision that is past", func(s *suite) {
		a, b := s.create("/x/a", "1"), s.create("/x/b", "1")
		c, d := s.update("/x/a", "2"), s.delete("/x/b")
		all := s.watch("/x/", a-1)
		all.want(fmt.Sprintf("/x/a@%d: - -> 1", a))
		all.want(fmt.Sprintf("/x/b@%d: - -> 1", b))
		for _, w := range []watched{all, s.watch("/x/", b)} {
			w.want(fmt.Sprintf("/x/a@%d: 1@%d -> 2", c, a))
			w.want(fmt.Sprintf("/x/b@%d: 1@%d -> -", d, b))
		}
	}},
	{"zero is from now on", func(s *suite) {
		a := s.create("/x/a", "1")
		w := s.watch("/x/", 0)
		b := s.update("/x/a", "2")
		w.want(fmt.Sprintf("/x/a@%d: 1@%d -> 2", b, a))
	}},
	{"from a revision to come", func(s *suite) {
		w := s.watch("/x/", s.revision()+2)
		s.create("/x/a", "1")
		s.create("/x/b", "1")
		w.want(fmt.Sprintf("/x/c@%d: - -> 1", s.create("/x/c", "1")))
	}},
	{"an update without a change is no event", func(s *suite) {
		a := s.create("/x/a", "1")
		w := s.watch("/x/", a)
		s.update("/x/a", "1")
		w.want(fmt.Sprintf("/x/a@%d: 1@%d -> 2", s.update("/x/a", "2"), a))
	}},
	{"the prefix ends where it ends", func(s *suite) {
		w := s.watch("/pods/", s.revision())
		for _, key := range []string{"/pods", "/pods.", "/pods0", "/podsx/a", "/pod", "/"} {
			s.create(key, "1")
		}
		w.want(fmt.Sprintf("/pods/a@%d: - -> 1", s.create("/pods/a", "1")))
	}},
	{"bookmarks follow what they mark", func(s *suite) {
		w := s.watch("/x/", 0)
		last := s.create("/x/a", "1")
		elsewhere := s.create("/y", "1")
		if e := w.event(); e.Type == storage.Put && e.Revision != last {
			s.Fatalf("got %s", showEvent(e))
		}
		for {
			// One from before the writes may be under way.
			e := w.event()
			if e.Type == storage.Bookmark && e.Revision >= elsewhere {
				if e.Key != "" || e.Value != nil || e.Previous != nil {
					s.Fatalf("a bookmark with an object: %s", showEvent(e))
				}
				break
			}
		}
		w.want(fmt.Sprintf("/x/b@%d: - -> 1", s.create("/x/b", "1")))
	}},
	{"a reader that pauses holds up nobody", func(s *suite) {
		const n = 1000
		from := s.revision()
		slow, fast := s.watch("/x/", from), s.watch("/x/", from)
		s.inParallel(8, n, func(i int) { s.create(fmt.Sprintf("/x/%d", i), "1") })
		for _, w := range []watched{fast, slow} {
			last := from
			for range n {
				e := w.next()
				if e.Revision <= last {
					s.Fatalf("an event at %d follows one at %d", e.Revision, last)
				}
				last = e.Revision
			}
		}
	}},
	{"nothing is missed, doubled or out of order while others write", watchWhileWriting},
}

// watchWhileWriting starts watches in the middle of the writing, each at the revision of a list, and replays their
// events over that list: every step must fit the state before it, and the end must be what the store holds.
func watchWhileWriting(s *suite) {
	const writers, rounds, watches = 4, 150, 6
	var written atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.inParallel(writers, writers*rounds, func(i int) {
			key := fmt.Sprintf("/x/%d", i%17)
			// Whether a write finds its key is left to chance; only the store's word about it counts.
			switch i % 3 {
			case 0:
				_, _ = s.store.Create(s.ctx, key, fmt.Append(nil, i), 0)
			case 1:
				_, _ = storage.Update(s.ctx, s.store, key, 0, to(fmt.Sprint(i)))
			case 2:
				_, _ = storage.Update(s.ctx, s.store, key, 0, remove)
			}
			written.Add(1)
		})
	}()
	type replay struct {
		watched
		state map[string]storage.KeyValue
		at    int64
	}
	var replays []*replay
	for i := range watches {
		s.eventually("writing goes on", func() bool { return written.Load() >= int64(i*writers*rounds/watches) })
		r := &replay{state: map[string]storage.KeyValue{}}
		list := s.list("/x/", storage.ListOptions{})
		for _, kv := range list.Items {
			r.state[kv.Key] = kv
		}
		r.at, r.watched = list.Revision, s.watch("/x/", list.Revision)
		replays = append(replays, r)
	}
	<-done
	end := s.create("/x/end", "1")
	final := s.list("/x/", storage.ListOptions{})
	for _, r := range replays {
		for r.at < end {
			e := r.event()
			if e.Revision < r.at || e.Revision == r.at && e.Type != storage.Bookmark {
				s.Fatalf("%s comes after revision %d", showEvent(e), r.at)
			}
			r.at = e.Revision
			if e.Type == storage.Bookmark {
				continue
			}
			before := r.state[e.Key]
			if string(before.Value) != string(e.Previous) || before.Revision != e.PreviousRevision {
				s.Fatalf("%s does not follow %s", showEvent(e), show(before))
			}
			if delete(r.state, e.Key); e.Type == storage.Put {
				r.state[e.Key] = storage.KeyValue{Key: e.Key, Value: e.Value, Revision: e.Revision}
			}
		}
		for _, kv := range final.Items {
			if show(r.state[kv.Key]) != show(kv) {
				s.Fatalf("the watch ended with %s, the store has %s", show(r.state[kv.Key]), show(kv))
			}
		}
		if len(r.state) != len(final.Items) {
			s.Fatalf("the watch ended with %d keys, the store has %d", len(r.state), len(final.Items))
		}
	}
}
