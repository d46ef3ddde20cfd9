package verb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/stream"
)

// held is a connection that takes what a watch has when the test says so.
type held struct {
	*httptest.ResponseRecorder
	source stream.Source
	woken  atomic.Int64
}

func (h *held) Detach(s stream.Source) func() {
	h.source = s
	return func() { h.woken.Add(1) }
}

// hold begins a watch that the test carries.
func (f *fixture) hold(t testing.TB, query string) *held {
	t.Helper()
	h := &held{ResponseRecorder: httptest.NewRecorder()}
	req := httptest.NewRequestWithContext(t.Context(), "GET", "/api/v1/pods?watch=1&"+query, nil)
	r := pipeline.NewRequest(h, req, pipeline.ParseInfo("GET", req.URL.Path))
	r.Resource = f.pods
	pipeline.Serve(r, f.handlers.Handle, slog.New(slog.DiscardHandler))
	if h.source == nil || h.Code != http.StatusOK {
		t.Fatalf("not handed over: status %d, %s", h.Code, h.Body)
	}
	return h
}

// now is all that there is without waiting, in pieces, and how the watch ended if it did.
func (h *held) now() (got [][]byte, err error) {
	for {
		b, err := h.source.Next()
		if len(b) > 0 {
			got = append(got, bytes.Clone(b))
		}
		if err != nil || len(b) == 0 {
			return got, err
		}
	}
}

// events is now in short, after waiting until there are n events or the end.
func (h *held) events(t *testing.T, n int) (got []string, err error) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		woken := h.woken.Load()
		var pieces [][]byte
		pieces, err = h.now()
		for _, p := range pieces {
			for line := range bytes.Lines(p) {
				got = append(got, event(t, line))
			}
		}
		if len(got) >= n || err != nil {
			return got, err
		}
		for h.woken.Load() == woken {
			if time.Now().After(deadline) {
				t.Fatalf("nobody is woken; so far %v", got)
			}
			time.Sleep(time.Millisecond)
		}
	}
}

func (h *held) expect(t *testing.T, want ...string) {
	t.Helper()
	got, err := h.events(t, len(want))
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("got %v, %v, want %v", got, err, want)
	}
}

// The state that a watch begins with comes in pieces, each object once, and then what was written meanwhile.
func TestInitialStateInPieces(t *testing.T) {
	f := newFixture(t, 300)
	for _, selector := range []string{"", "&labelSelector=tier"} {
		h := f.hold(t, "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"+selector)
		first, err := h.source.Next()
		if err != nil || len(first) < gathered || len(first) > gathered+16<<10 {
			t.Fatalf("the first piece has %d bytes, %v", len(first), err)
		}
		all := [][]byte{bytes.Clone(first)}
		f.put(t, 7, 1000)
		for {
			rest, err := h.now()
			if err != nil {
				t.Fatal(err)
			}
			if all = append(all, rest...); bytes.Contains(all[len(all)-1], []byte("pod-01000")) {
				break
			}
		}
		var got []string
		for _, p := range all {
			for line := range bytes.Lines(p) {
				got = append(got, event(t, line))
			}
		}
		if len(got) != 302 || got[300][:8] != "BOOKMARK" || got[301][:18] != "MODIFIED pod-01000" {
			t.Fatalf("%d events, in the end %v", len(got), got[len(got)-3:])
		}
		for i, e := range got[:300] {
			if want := fmt.Sprintf("ADDED pod-%05d@", i); selector == "" && e[:len(want)] != want {
				t.Fatalf("event %d is %s", i, e)
			}
		}
		f.put(t, 7, 7)
		h.source.Ended(false)
	}
}

// Those who want a change in the same form are given the same bytes.
func TestFramesAreShared(t *testing.T) {
	f := newFixture(t, 1)
	a, b := f.hold(t, "resourceVersion=2"), f.hold(t, "resourceVersion=2&labelSelector=app")
	f.put(t, 0, 1)
	var frames [2][]byte
	for i, h := range []*held{a, b} {
		for len(frames[i]) == 0 {
			var err error
			if frames[i], err = h.source.Next(); err != nil {
				t.Fatal(err)
			}
			runtime.Gosched()
		}
		defer h.source.Ended(false)
	}
	if &frames[0][0] != &frames[1][0] {
		t.Error("two frames were made")
	}
}

// What the time brings: bookmarks for those who want them, and the end, which says how far the watch was.
func TestWatchTime(t *testing.T) {
	f := newFixture(t, 1)
	if _, err := f.handlers.Store.AtLeast(t.Context(), 2); err != nil { // where the watches begin must have happened
		t.Fatal(err)
	}
	marked, plain := f.hold(t, "resourceVersion=2&allowWatchBookmarks=true"), f.hold(t, "resourceVersion=2")
	for _, w := range slices.Clone(f.handlers.open.all) {
		w.tick()
	}
	marked.expect(t, "BOOKMARK @2")
	plain.expect(t)
	f.put(t, 0, 1)
	marked.expect(t, "MODIFIED pod-00001@3")
	plain.expect(t, "MODIFIED pod-00001@3")
	for _, w := range slices.Clone(f.handlers.open.all) {
		w.ends = time.Now()
		w.tick()
	}
	if got, err := marked.events(t, 2); err != io.EOF || !slices.Equal(got, []string{"BOOKMARK @3"}) {
		t.Errorf("with bookmarks: %v, %v", got, err)
	}
	if got, err := plain.events(t, 1); err != io.EOF || len(got) != 0 {
		t.Errorf("without: %v, %v", got, err)
	}
	marked.source.Ended(false)
	plain.source.Ended(false)
	if n := len(f.handlers.open.all); n != 0 {
		t.Errorf("%d watches are left", n)
	}
}

// A watch ends in time although its client is always behind.
func TestBusyWatchEnds(t *testing.T) {
	f := newFixture(t, 1)
	h := f.hold(t, "resourceVersion=2")
	f.put(t, 0, 1)
	h.expect(t, "MODIFIED pod-00001@3")
	woken := h.woken.Load()
	f.put(t, 0, 2)
	for end := time.Now().Add(20 * time.Second); h.woken.Load() == woken && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	for _, w := range slices.Clone(f.handlers.open.all) {
		w.ends = time.Now()
		w.tick()
	}
	if b, err := h.source.Next(); err != io.EOF || len(b) != 0 {
		t.Errorf("%s, %v", b, err)
	}
	h.source.Ended(false)
}

// A server that shuts down ends its watches, and asks who comes then to come again: he would list everything after a watch
// that ends as it begins.
func TestEndWatches(t *testing.T) {
	f := newFixture(t, 1)
	early := f.hold(t, "resourceVersion=2")
	early.expect(t)
	f.handlers.EndWatches()
	if got, err := early.events(t, 1); err != io.EOF || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	early.source.Ended(false)
	if early.woken.Load() == 0 {
		t.Error("nobody was woken")
	}
	late := httptest.NewRecorder()
	if err := f.handlers.Handle(f.request(t.Context(), late, "/api/v1/pods?watch=1&resourceVersion=2", "application/json", "")); !apierrors.IsTooManyRequests(err) {
		t.Errorf("a watch that comes late: %v, %d %s", err, late.Code, late.Body)
	} else if seconds, again := apierrors.SuggestsClientDelay(err); !again || seconds != 1 {
		t.Errorf("to come again %v, after %d s", again, seconds)
	}
}

// How a watch ends that cannot go on: it says why, and in order, or the last word would be lost with the stream.
func TestWatchesThatFail(t *testing.T) {
	f := newFixture(t, 1)
	h := f.hold(t, "resourceVersion=2")
	key := f.pods.ObjectKey("ns", "pod-00000")
	if _, err := storage.Update(t.Context(), f.handlers.Store, key, 0, func(storage.KeyValue) ([]byte, error) { return []byte("k8s\x00\xff"), nil }); err != nil {
		t.Fatal(err)
	}
	if got, err := h.events(t, 2); err != io.EOF || !slices.Equal(got, []string{"ERROR @"}) {
		t.Errorf("what cannot be read: %v, %v", got, err)
	}
	h.source.Ended(false)
	h = f.hold(t, "resourceVersion=0")
	if got, err := h.events(t, 2); err != io.EOF || !slices.Equal(got, []string{"ERROR @"}) {
		t.Errorf("what cannot be read, at the beginning: %v, %v", got, err)
	}
	h.source.Ended(false)
	if err := f.handlers.Store.Compact(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	h = f.hold(t, "resourceVersion=2")
	b, err := h.source.Next()
	if err != io.EOF || !bytes.Contains(b, []byte(`"code":410`)) || !bytes.Contains(b, []byte("too old resource version: 2")) {
		t.Errorf("too old: %s, %v", b, err)
	}
	h.source.Ended(false)
}

// slow counts the watches that were too slow.
type slow struct {
	silent
	n *atomic.Int64
}

func (s slow) Slow() { s.n.Add(1) }

// A watch whose connection takes nothing holds up nobody, and hears that it has to start over when what it has not read is
// forgotten.
func TestSlowWatch(t *testing.T) {
	f := newFixtureThatKeeps(t, 1, time.Millisecond)
	var counted atomic.Int64
	f.handlers.Meter = func(*resource.Resource) Meter { return slow{n: &counted} }
	stuck, reads := f.hold(t, "resourceVersion=2"), f.hold(t, "resourceVersion=2")
	for i := range int64(2) { // when the second is forgotten, the first is for certain
		f.put(t, 0, int(i)+1)
		reads.expect(t, fmt.Sprintf("MODIFIED pod-0000%d@%d", i+1, i+3))
		for f.handlers.Store.Oldest() < i+3 {
			time.Sleep(10 * time.Millisecond) // it is done once a second
		}
	}
	var got []string
	var err error
	for err == nil {
		var more []string
		if more, err = stuck.events(t, 1); len(more) > 0 {
			got = append(got, more...)
		}
	}
	if err != io.EOF || !slices.Equal(got, []string{"ERROR @"}) || counted.Load() != 1 {
		t.Errorf("the stuck one heard %v, %v; %d were too slow", got, err, counted.Load())
	}
	stuck.source.Ended(true)
	if counted.Load() != 1 {
		t.Error("who loses its place and is cut off then is counted twice")
	}
	reads.source.Ended(false)
	if counted.Load() != 1 {
		t.Error("who leaves is counted as one that is too slow")
	}
	cut := f.hold(t, "resourceVersion=2")
	cut.source.Ended(true)
	if counted.Load() != 2 {
		t.Error("who is cut off is not counted")
	}
}

// A client that has gone while the request's goroutine carries its watch leaves nothing behind.
func TestClientsThatGo(t *testing.T) {
	f := newFixture(t, 1)
	for _, accept := range []string{jsonAccept, tableAccept} {
		ctx, cancel := context.WithCancel(t.Context())
		w := &going{ResponseRecorder: httptest.NewRecorder(), flushed: make(chan struct{}, 10)}
		req := httptest.NewRequestWithContext(ctx, "GET", "/api/v1/pods?watch=1&resourceVersion=0", nil)
		req.Header.Set("Accept", accept)
		r := pipeline.NewRequest(w, req, pipeline.ParseInfo("GET", req.URL.Path))
		r.Resource = f.pods
		done := make(chan error)
		go func() { done <- f.handlers.Handle(r) }()
		<-w.flushed
		if accept == jsonAccept {
			cancel()
		} else {
			w.gone.Store(true)
			f.put(t, 0, 1)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		cancel()
	}
	if n := len(f.handlers.open.all); n != 0 {
		t.Errorf("%d watches are left", n)
	}
	if s := f.handlers.Store.Stats(); s.Followers != 0 {
		t.Errorf("%d followers are left", s.Followers)
	}
}

// going is a client that at some time takes no more.
type going struct {
	*httptest.ResponseRecorder
	flushed chan struct{}
	gone    atomic.Bool
}

func (g *going) FlushError() error {
	g.flushed <- struct{}{}
	return nil
}

func (g *going) Write(b []byte) (int, error) {
	if g.gone.Load() {
		return 0, errors.New("gone")
	}
	return g.ResponseRecorder.Write(b)
}

// Thousands of watches that wait have no goroutine, and leave nothing behind.
func TestManyWatches(t *testing.T) {
	f := newFixture(t, 1)
	const n = 5000
	before := runtime.NumGoroutine()
	all := make([]*held, n)
	for i := range all {
		query := "resourceVersion=2&allowWatchBookmarks=true"
		if i%2 == 0 {
			query += fmt.Sprintf("&fieldSelector=spec.nodeName%%3Dnode-%d", i)
		}
		all[i] = f.hold(t, query)
		if _, err := all[i].now(); err != nil {
			t.Fatal(err)
		}
	}
	if during := runtime.NumGoroutine(); during-before > n/100 {
		t.Errorf("%d goroutines before, %d with %d watches", before, during, n)
	}
	if s := f.handlers.Store.Stats(); s.Followers != n || s.Groups != n/2+1 {
		t.Errorf("%d followers in %d groups", s.Followers, s.Groups)
	}
	f.put(t, 0, 1)
	for i, h := range all {
		if i%2 == 1 {
			h.expect(t, "MODIFIED pod-00001@3")
		}
		h.source.Ended(false)
	}
	if s := f.handlers.Store.Stats(); s.Followers != 0 || s.Groups != 0 || len(f.handlers.open.all) != 0 {
		t.Errorf("left: %d followers in %d groups, %d watches", s.Followers, s.Groups, len(f.handlers.open.all))
	}
}
