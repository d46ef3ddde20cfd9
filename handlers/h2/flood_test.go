package h2

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// A client that opens and resets streams gets no more handlers to work at once than it may have streams, and is sent away
// when it goes on (CVE-2023-44487).
func TestRapidReset(t *testing.T) {
	const limit = 4
	var running, most atomic.Int32
	finish := make(chan struct{})
	s := newSite(t, func(http.ResponseWriter, *http.Request) {
		n := running.Add(1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		<-finish
		running.Add(-1)
	}, Options{MaxStreams: limit}, false)
	r := s.greeted(t)
	for i := range uint32(5*limit + 1) {
		r.headers(2*i+1, true, get("/"))
		_ = r.framer.WriteRSTStream(2*i+1, http2.ErrCodeCancel)
	}
	if got := r.outcome(1); got != "GOAWAY ENHANCE_YOUR_CALM" {
		t.Error(got)
	}
	// Handlers that were begun may not have run yet.
	for end := time.Now().Add(patience); most.Load() < limit && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	close(finish)
	for end := time.Now().Add(patience); running.Load() > 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	if n := most.Load(); n != limit {
		t.Errorf("%d handlers ran at once, want %d", n, limit)
	}
}

// Handlers of streams that were reset make room for others when they end. Requests that were reset while they waited are
// never begun.
func TestWaitingRequests(t *testing.T) {
	var begun atomic.Int32
	finish := make(chan struct{})
	s := newSite(t, func(_ http.ResponseWriter, r *http.Request) {
		begun.Add(1)
		if r.URL.Path == "/hold" {
			<-finish
		}
	}, Options{MaxStreams: 2}, false)
	r := s.greeted(t)
	for id := uint32(1); id < 9; id += 2 { // two are begun, two wait
		r.headers(id, true, get("/hold"))
		r.must(r.framer.WriteRSTStream(id, http2.ErrCodeCancel))
	}
	r.headers(9, true, get("/"))
	r.must(r.framer.WritePing(false, [8]byte{}))
	frame[*http2.PingFrame](r)
	close(finish)
	if got := r.outcome(9); got != "200" {
		t.Error(got)
	}
	if n := begun.Load(); n != 3 {
		t.Errorf("%d handlers were begun, want 3", n)
	}
}

// A client that makes the server answer and takes nothing is cut off before the answers fill the memory.
func TestFloods(t *testing.T) {
	s := newSite(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }, Options{StallTimeout: time.Hour}, false)
	for what, send := range map[string]func(r *raw, i int) error{
		"pings":    func(r *raw, i int) error { return r.framer.WritePing(false, [8]byte{byte(i)}) },
		"settings": func(r *raw, _ int) error { return r.framer.WriteSettings() },
		"refused":  func(r *raw, i int) error { return r.framer.WriteWindowUpdate(1, 0) },
		"priorities": func(r *raw, i int) error {
			return r.framer.WritePriority(uint32(i*2+1), http2.PriorityParam{Weight: 1})
		},
		"unknown": func(r *raw, _ int) error { return r.framer.WriteRawFrame(0xee, 0, 0, nil) },
	} {
		t.Run(what, func(t *testing.T) {
			r := s.greeted(t)
			r.headers(1, false, post("/"))
			// Nothing is read meanwhile. The client's writes fail when the server has gone; it would take them for ever.
			for i := 0; ; i++ {
				if err := send(r, i); err != nil {
					return
				}
				if i > 30_000_000 {
					t.Fatal("the server takes it all")
				}
			}
		})
	}
}

// A table of headers that is used to make much of little: each request refers 4,000 times to one long field.
func TestHeaderBomb(t *testing.T) {
	s := newSite(t, func(http.ResponseWriter, *http.Request) {}, Options{}, false)
	r := s.greeted(t)
	block := r.pack(get("/", "a", strings.Repeat("x", 3900)))
	r.must(r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block, EndStream: true, EndHeaders: true}))
	if got := r.outcome(1); got != "200" {
		t.Fatal(got)
	}
	bomb := r.pack(get("/"))
	for range 4000 {
		bomb = append(bomb, 0x80|62) // the newest entry of the table, again
	}
	r.must(r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 3, BlockFragment: bomb, EndStream: true, EndHeaders: true}))
	if got := r.outcome(3); got != "431" {
		t.Error(got)
	}
}

// The same with answers that wait for no window. This client has never more under way than it may.
func TestFloodOfHeads(t *testing.T) {
	var answered atomic.Int64
	big := strings.Repeat("x", 8<<10)
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Etag", big)
		answered.Add(1)
	}, Options{StallTimeout: time.Hour}, false)
	r := s.greeted(t)
	for n := range int64(20_000) {
		r.headers(uint32(2*n+1), true, append([]string{":method", "HEAD"}, get("/")[2:]...))
		if err := r.framer.WriteWindowUpdate(0, 1); err != nil {
			return
		}
		for end := time.Now().Add(time.Second); answered.Load() < n-20 && time.Now().Before(end); time.Sleep(10 * time.Microsecond) {
		}
	}
	t.Error("the server keeps 160 MB of answers")
}
