package feed_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/authz/feed"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/memory"
)

// mirror keeps what the feed says; each publication goes to the test.
type mirror struct {
	now       [2]map[string]string
	published chan string
}

func newMirror() *mirror {
	return &mirror{now: [2]map[string]string{{}, {}}, published: make(chan string, 1000)}
}

func (m *mirror) Replace(prefix int, items iter.Seq2[storage.KeyValue, error]) {
	m.now[prefix] = map[string]string{}
	for kv, err := range items {
		if err != nil {
			return
		}
		m.now[prefix][kv.Key] = string(kv.Value)
	}
}

func (m *mirror) Change(prefix int, e storage.Event) {
	if e.Type == storage.Deleted {
		delete(m.now[prefix], e.Key)
		return
	}
	m.now[prefix][e.Key] = string(e.Value)
}

func (m *mirror) Publish() {
	var all []string
	for _, part := range m.now {
		for k, v := range part {
			all = append(all, k+"="+v)
		}
	}
	slices.Sort(all)
	m.published <- strings.Join(all, " ")
}

// await reads publications until one is as wanted.
func (m *mirror) await(t *testing.T, want string) {
	t.Helper()
	last := ""
	for {
		select {
		case last = <-m.published:
			if last == want {
				return
			}
		case <-t.Context().Done():
			t.Fatalf("last %q, never %q", last, want)
		}
	}
}

func run(t *testing.T, f *feed.Feed) {
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { f.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
}

func TestFollow(t *testing.T) {
	s := memory.New(memory.Options{})
	t.Cleanup(func() { _ = s.Close() })
	put := func(key, value string) {
		t.Helper()
		if _, err := s.Create(t.Context(), key, []byte(value), 0); err != nil {
			t.Fatal(err)
		}
	}
	put("/a/1", "x")
	put("/ab/1", "another prefix")
	m := newMirror()
	f := feed.New(s, []storage.Collection{storage.NewCollection("a", false), storage.NewCollection("b", false)}, m, slog.New(slog.DiscardHandler))
	if !errors.Is(f.Ready(), feed.ErrNotReady) {
		t.Error("ready before Run")
	}
	run(t, f)
	if err := f.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f.Ready() != nil {
		t.Error("not ready after Wait")
	}
	m.await(t, "/a/1=x")
	put("/b/1", "y")
	m.await(t, "/a/1=x /b/1=y")
	change := func(next []byte) {
		t.Helper()
		if _, err := storage.Update(t.Context(), s, "/a/1", 0, func(storage.KeyValue) ([]byte, error) { return next, nil }); err != nil {
			t.Fatal(err)
		}
	}
	change([]byte("z"))
	m.await(t, "/a/1=z /b/1=y")
	change(nil)
	m.await(t, "/b/1=y")
}

// faulty is a store whose lists and watches fail as scripted: each list of a prefix has its number as the value.
type faulty struct {
	storage.Store
	mu       sync.Mutex
	lists    map[string]int
	fail     func(prefix string, n int) error
	watchers chan *watcher
}

func (s *faulty) List(_ context.Context, prefix string, _ storage.ListOptions) (storage.ListResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists[prefix]++
	n := s.lists[prefix]
	if err := s.fail(prefix, n); err != nil {
		return storage.ListResult{}, err
	}
	return storage.ListResult{Revision: int64(n), Items: []storage.KeyValue{{Key: prefix + "k", Value: fmt.Append(nil, n)}}}, nil
}

func (s *faulty) Watch(ctx context.Context, prefix string, from int64) (storage.Watcher, error) {
	w := &watcher{prefix: prefix, from: from, events: make(chan storage.Event), err: storage.ErrCompacted}
	select {
	case s.watchers <- w:
	case <-ctx.Done():
	}
	context.AfterFunc(ctx, w.end)
	return w, nil
}

type watcher struct {
	prefix string
	from   int64
	events chan storage.Event
	err    error
	once   sync.Once
}

func (w *watcher) Events() <-chan storage.Event { return w.events }
func (w *watcher) Err() error                   { return w.err }
func (w *watcher) Stop()                        {}
func (w *watcher) end()                         { w.once.Do(func() { close(w.events) }) }

// TestFailures: nothing is published before everything is listed, a watch that ends is followed by a new list, and what
// the new list does not have is forgotten.
func TestFailures(t *testing.T) {
	s := &faulty{lists: map[string]int{}, watchers: make(chan *watcher), fail: func(prefix string, n int) error {
		if prefix == "/b/" && n < 3 || prefix == "/a/" && n == 2 {
			return storage.ErrUnavailable
		}
		return nil
	}}
	m := newMirror()
	run(t, feed.New(s, []storage.Collection{storage.NewCollection("a", false), storage.NewCollection("b", false)}, m, slog.New(slog.DiscardHandler)))
	byPrefix := map[string]*watcher{}
	for range 2 {
		w := <-s.watchers
		byPrefix[w.prefix] = w
	}
	m.await(t, "/a/k=1 /b/k=3")
	if w := byPrefix["/b/"]; w.from != 3 {
		t.Errorf("watch from %d, listed at 3", w.from)
	}
	byPrefix["/a/"].events <- storage.Event{Type: storage.Put, Key: "/a/other", Value: []byte("v"), Revision: 5}
	m.await(t, "/a/k=1 /a/other=v /b/k=3")
	byPrefix["/a/"].events <- storage.Event{Type: storage.Bookmark, Revision: 6}
	byPrefix["/a/"].end()
	<-s.watchers
	m.await(t, "/a/k=3 /b/k=3")
	if len(m.published) > 0 {
		t.Errorf("published once more: %s", <-m.published)
	}
}

// paged is a store of many keys that loses a list's revision while its third page is read, once.
type paged struct {
	storage.Store
	lost atomic.Bool
}

func (s *paged) List(ctx context.Context, prefix string, o storage.ListOptions) (storage.ListResult, error) {
	if strings.Contains(o.From, "/1") && s.lost.CompareAndSwap(false, true) {
		return storage.ListResult{}, storage.ErrCompacted
	}
	return s.Store.List(ctx, prefix, o)
}

// A list of many pages is published as a whole, also when reading it breaks off in between.
func TestPages(t *testing.T) {
	inner, want := fourPages(t)
	s, m := &paged{Store: inner}, newMirror()
	run(t, feed.New(s, []storage.Collection{storage.NewCollection("a", false), storage.NewCollection("b", false)}, m, slog.New(slog.DiscardHandler)))
	if first := <-m.published; first != strings.Join(want, " ") {
		t.Errorf("the first publication has %d bytes, want %d", len(first), len(strings.Join(want, " ")))
	}
	if !s.lost.Load() {
		t.Error("no list broke off")
	}
}

// fourPages is a store that has so many keys, and what a mirror says of them.
func fourPages(t *testing.T) (s storage.Store, all []string) {
	t.Helper()
	opened := memory.New(memory.Options{})
	t.Cleanup(func() { _ = opened.Close() })
	for i := range 1700 {
		key := fmt.Sprintf("/a/%04d", i)
		if _, err := opened.Create(t.Context(), key, []byte("x"), 0); err != nil {
			t.Fatal(err)
		}
		all = append(all, key+"=x")
	}
	return opened, all
}

// picky takes no more than some of a list.
type picky struct {
	*mirror
	most int
}

func (p picky) Replace(prefix int, items iter.Seq2[storage.KeyValue, error]) {
	p.mirror.Replace(prefix, func(yield func(storage.KeyValue, error) bool) {
		if p.most == 0 {
			return
		}
		n := 0
		for kv, err := range items {
			if n++; !yield(kv, err) || n == p.most {
				return
			}
		}
	})
}

// A sink that does not take all of a list hears of the changes after it all the same.
func TestSinkThatStops(t *testing.T) {
	s, all := fourPages(t)
	for _, most := range []int{0, 1} {
		m := newMirror()
		run(t, feed.New(s, []storage.Collection{storage.NewCollection("a", false)}, picky{m, most}, slog.New(slog.DiscardHandler)))
		m.await(t, strings.Join(all[:most], " "))
		key := fmt.Sprint("/a/after", most)
		if _, err := s.Create(t.Context(), key, []byte("y"), 0); err != nil {
			t.Fatal(err)
		}
		m.await(t, strings.TrimSpace(strings.Join(all[:most], " ")+" "+key+"=y"))
	}
}
