package h2

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// A body whose reader is always a little behind takes no more room than its window.
func TestSlowlyReadBody(t *testing.T) {
	const window = 64 << 10
	c := &conn{server: &server{}}
	c.framer = http2.NewFramer(outWriter{c}, nil)
	c.work.Store(1) // nobody is to write
	st := c.newStream(1, func() {})
	b := newBody(st, &http.Request{ContentLength: -1}, window)
	st.body = b
	piece := make([]byte, 1<<10)
	for i := range 10_000 {
		c.mu.Lock()
		_, bad := b.take(piece, len(piece))
		c.out = c.out[:0]
		c.mu.Unlock()
		if bad {
			t.Fatalf("frame %d is refused", i)
		}
		if i > 0 {
			if _, err := io.ReadFull(b, piece); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := cap(b.data); n > 4*window {
		t.Errorf("the body takes %d bytes for a window of %d", n, window)
	}
}

// A promise of a large body alone takes little room, and one that comes takes no more than it has and is promised.
func TestPromisedBody(t *testing.T) {
	const window, length = 256 << 10, 200_000
	c := &conn{server: &server{}}
	c.work.Store(1) // nobody is to write
	b := newBody(c.newStream(1, func() {}), &http.Request{ContentLength: length}, window)
	for sent := 0; sent < length; {
		piece := make([]byte, min(1+sent, 10_000, length-sent))
		c.mu.Lock()
		_, bad := b.take(piece, len(piece))
		c.mu.Unlock()
		if sent += len(piece); bad {
			t.Fatalf("refused after %d bytes", sent)
		}
		if n := cap(b.data); n > length || n > max(firstRoom, 2*sent) {
			t.Fatalf("%d bytes take %d", sent, n)
		}
	}
	if len(b.data) != length {
		t.Errorf("%d bytes are there", len(b.data))
	}
}

// What TLS says by itself is not kept for ever when nobody else writes.
func TestHeldIsBounded(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	got := make(chan int64)
	go func() {
		n, _ := io.Copy(io.Discard, there)
		got <- n
	}()
	g := &gather{Conn: here}
	g.hold(time.Hour)
	piece := bytes.Repeat([]byte{1}, 16<<10)
	const pieces = 200
	for range pieces {
		if _, err := g.Write(piece); err != nil {
			t.Fatal(err)
		}
		if len(g.held) > 2*bufferSize {
			t.Fatalf("%d bytes are held", len(g.held))
		}
	}
	if err := g.push(); err != nil {
		t.Fatal(err)
	}
	_ = here.Close()
	if n := <-got; n != pieces*int64(len(piece)) {
		t.Errorf("%d bytes came", n)
	}
}

// Streams that wait for the window of the connection are kept once each, and not after they have ended.
func TestStarvedIsBounded(t *testing.T) {
	var carrier atomic.Pointer[conn]
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request) {
		carrier.Store(w.(*response).stream.conn)
		_, _ = w.Write(make([]byte, 100<<10))
	}, Options{}, false)
	r := s.greeted(t, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 20})
	r.headers(1, true, get("/"))
	for got := 0; got < initialWindow; {
		got += len(frame[*http2.DataFrame](r).Data())
	}
	for i := range uint32(2000) {
		r.must(r.framer.WriteWindowUpdate(1, 1))
		r.headers(3+2*i, true, get("/"))
		frame[*http2.MetaHeadersFrame](r)
		r.must(r.framer.WriteRSTStream(3+2*i, http2.ErrCodeCancel))
	}
	r.must(r.framer.WritePing(false, [8]byte{}))
	frame[*http2.PingFrame](r)
	c := carrier.Load()
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.starved); n > 2 {
		t.Errorf("%d streams are kept, one is open", n)
	}
}
