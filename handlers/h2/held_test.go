package h2

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	contract "github.com/gatehouse-dev/gatehouse/handlers/stream"
)

// inside looks at a connection.
func inside[T any](c *conn, look func() T) T {
	c.mu.Lock()
	defer c.mu.Unlock()
	return look()
}

// detaching is a handler that leaves all of its answer to a queue.
func detaching(began chan<- *queue) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := newQueue()
		q.ctx = r.Context()
		w.WriteHeader(http.StatusOK)
		q.wake = contract.Find(w).Detach(q)
		began <- q
	}
}

// A source is not asked while its client takes nothing: what it gave would have to be kept.
func TestShutWindow(t *testing.T) {
	began := make(chan *queue, 1)
	s := newSite(t, detaching(began), Options{}, false)
	r := s.greeted(t, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	r.headers(1, true, get("/"))
	q := receive(t, "the request", began)
	frame[*http2.MetaHeadersFrame](r)
	q.add(nil, "event")
	r.pinged()
	q.mu.Lock()
	left := len(q.events)
	q.mu.Unlock()
	if left != 1 {
		t.Error("the source was asked")
	}
	r.must(r.framer.WriteWindowUpdate(1, 100))
	if got := string(frame[*http2.DataFrame](r).Data()); got != "event" {
		t.Error(got)
	}
}

// crowd opens streams whose sources have a piece of 64 KB each, and windows for one byte of it.
func crowd(t *testing.T, streams int, o Options) (*raw, []*queue, *conn) {
	t.Helper()
	began := make(chan *queue, 1)
	carriers := make(chan *conn, streams)
	handle := detaching(began)
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		carriers <- w.(*response).stream.conn
		handle(w, r)
	}, o, false)
	r := s.greeted(t, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1})
	r.must(r.framer.WriteWindowUpdate(0, 1<<30))
	queues := make([]*queue, streams)
	for i := range queues {
		r.headers(uint32(1+2*i), true, get("/"))
		queues[i] = receive(t, "the request", began)
		queues[i].add(nil, strings.Repeat("x", 64<<10))
	}
	return r, queues, <-carriers
}

// Pieces that windows hold up are bounded together, and what waits for that comes when they are taken.
func TestHeldPieces(t *testing.T) {
	const streams = 200
	r, _, c := crowd(t, streams, Options{StallTimeout: time.Hour})
	for begun := 0; begun < maxHeld>>16; {
		if _, ok := frame[http2.Frame](r).(*http2.DataFrame); ok {
			begun++
		}
	}
	r.pinged()
	if held := inside(c, func() int { return c.held }); held < maxHeld || held > maxHeld+64<<10 {
		t.Errorf("%d bytes are held", held)
	}
	r.must(r.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20}))
	got := 0
	for got < streams*64<<10-maxHeld>>16 {
		got += len(frame[*http2.DataFrame](r).Data())
	}
	r.pinged()
	if held := inside(c, func() int { return c.held }); held != 0 {
		t.Errorf("%d bytes are held when all is taken", held)
	}
}

// Streams that take nothing do not keep the others of their connection waiting for ever: they are told to come again.
func TestHoldersAreDispersed(t *testing.T) {
	const streams = maxHeld>>16 + 1
	r, queues, _ := crowd(t, streams, Options{StallTimeout: 100 * time.Millisecond})
	resets := 0
	for came := 0; came < 1<<10 || resets < streams-1; {
		switch f := frame[http2.Frame](r).(type) {
		case *http2.RSTStreamFrame:
			if resets++; f.ErrCode != http2.ErrCodeEnhanceYourCalm || f.StreamID == 2*streams-1 {
				t.Fatalf("%d is reset with %v", f.StreamID, f.ErrCode)
			}
		case *http2.DataFrame:
			if f.StreamID == 2*streams-1 {
				came += len(f.Data())
				r.must(r.framer.WriteWindowUpdate(f.StreamID, 1<<10))
			}
		}
	}
	for _, q := range queues[:streams-1] {
		q.checkEnd(t, true)
	}
}
