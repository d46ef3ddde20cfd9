package h2

import (
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// bomb is a packed GET whose header has count cookies of 3.9 KB, each a byte that stands for the newest entry of the table.
func (r *raw) bomb(count int) []byte {
	block := r.pack(get("/", "cookie", strings.Repeat("x", 3900)))
	for range count - 1 {
		block = append(block, 0x80|62)
	}
	return block
}

func (r *raw) send(id uint32, end bool, block []byte) {
	r.t.Helper()
	r.must(r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block, EndStream: end, EndHeaders: true}))
}

// pinged returns when the server has handled all that was sent.
func (r *raw) pinged() {
	r.t.Helper()
	r.must(r.framer.WritePing(false, [8]byte{'d'}))
	frame[*http2.PingFrame](r)
}

// Answers that wait for a window keep neither the headers of their requests nor goroutines.
func TestWaitingAnswersKeepNothing(t *testing.T) {
	const requests = 100
	var returned sync.WaitGroup
	returned.Add(requests)
	var carrier *conn
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		carrier = w.(*response).stream.conn
		if len(r.Header.Get("Cookie")) < 900_000 {
			t.Error("the header is not whole")
		}
		_, _ = io.WriteString(w, "answer")
		returned.Done()
	}, Options{MaxStreams: requests, StallTimeout: time.Hour}, false)
	r := s.greeted(t, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	before := runtime.NumGoroutine()
	held := heap()
	for i := range uint32(requests) {
		r.send(1+2*i, true, r.bomb(250))
		for n := uint32(0); n <= i; { // the budget is for those under way: each has to be answered before the next one
			if f := frame[*http2.MetaHeadersFrame](r); f.PseudoValue("status") != "200" {
				t.Fatal(f)
			}
			n = i + 1
		}
	}
	returned.Wait()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		carrier.mu.Lock()
		cost, open, running := carrier.cost, len(carrier.streams), carrier.running
		carrier.mu.Unlock()
		goroutines, more := runtime.NumGoroutine()-before, heap()-held
		if cost == 0 && open == requests && running == 0 && goroutines < 20 && more < 8<<20 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d bytes of headers are counted, %d streams open, %d handlers running, %d more goroutines, %d more bytes", cost, open, running, goroutines, more)
		}
	}
	// They are complete all the same.
	r.must(r.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 100}))
	for range requests {
		if f := frame[*http2.DataFrame](r); string(f.Data()) != "answer" || !f.StreamEnded() {
			t.Fatalf("%q", f.Data())
		}
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// Handlers under way keep what their requests' headers are unpacked to within a budget, however few bytes came: of those that
// wait for their turn too. What is refused may be sent again.
func TestHeaderBudget(t *testing.T) {
	finish := make(chan struct{})
	s := newSite(t, func(_ http.ResponseWriter, r *http.Request) { <-finish }, Options{MaxStreams: 100}, false)
	r := s.greeted(t)
	block := r.bomb(100) // 390 KB, of a budget of 1.6 MB
	for i := range uint32(4) {
		r.send(1+2*i, true, block)
		block = r.bomb(100)
	}
	r.send(9, true, block)
	if got := r.outcome(9); got != "RST_STREAM REFUSED_STREAM" {
		t.Errorf("the fifth: %s", got)
	}
	r.headers(11, true, get("/"))
	r.must(r.framer.WriteRSTStream(1, http2.ErrCodeCancel)) // its handler goes on, so it counts
	r.send(13, true, r.bomb(100))
	if got := r.outcome(13); got != "RST_STREAM REFUSED_STREAM" {
		t.Errorf("with one reset: %s", got)
	}
	close(finish)
	for range 4 { // 3, 5, 7 and 11, in any order
		if f := frame[*http2.MetaHeadersFrame](r); f.PseudoValue("status") != "200" {
			t.Error(f)
		}
	}
	for id := uint32(15); id < 25; id += 2 {
		r.send(id, true, r.bomb(100))
		if got := r.outcome(id); got != "200" {
			t.Errorf("%d, afterwards: %s", id, got)
		}
	}
}

// A header within its own limit is taken, even where that is above the budget.
func TestOneHeaderMayBeLarge(t *testing.T) {
	s := newSite(t, func(http.ResponseWriter, *http.Request) {}, Options{MaxStreams: 1}, false)
	r := s.greeted(t)
	r.send(1, true, r.bomb(250))
	if got := r.outcome(1); got != "200" {
		t.Error(got)
	}
}

// Trailers count as well: they stay until the handler has read the body.
func TestTrailerBudget(t *testing.T) {
	finish := make(chan struct{})
	s := newSite(t, func(_ http.ResponseWriter, r *http.Request) { <-finish }, Options{MaxStreams: 20}, false)
	defer close(finish)
	r := s.greeted(t)
	trailers := func(id uint32) {
		block := r.pack([]string{"x", strings.Repeat("x", 3900)})
		for range 50 {
			block = append(block, 0x80|62)
		}
		r.send(id, true, block)
	}
	r.headers(1, false, post("/", "trailer", "X"))
	trailers(1)
	r.headers(3, false, post("/")) // which has announced none: they are dropped
	trailers(3)
	r.headers(5, false, post("/", "trailer", "X"))
	trailers(5)
	if got := r.outcome(5); got != "RST_STREAM ENHANCE_YOUR_CALM" {
		t.Error(got)
	}
	r.pinged() // the connection goes on
}

// An answer that its client does not take ends, and makes room for others: by the handler's deadline, or by a stall's time.
func TestUntakenAnswers(t *testing.T) {
	for what, c := range map[string]struct {
		stall   time.Duration
		handler http.HandlerFunc
	}{
		"small, without a deadline": {50 * time.Millisecond, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "answer") }},
		"small, with a deadline": {time.Hour, func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
			_, _ = io.WriteString(w, "answer")
		}},
		"large": {time.Hour, func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
			_, _ = w.Write(make([]byte, 100<<10))
		}},
		"with trailers": {50 * time.Millisecond, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "X")
			_, _ = io.WriteString(w, "answer")
			w.Header().Set("X", "y")
		}},
	} {
		t.Run(what, func(t *testing.T) {
			s := newSite(t, c.handler, Options{MaxStreams: 2, StallTimeout: c.stall}, false)
			r := s.greeted(t, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1})
			for id := uint32(1); id < 20; id += 2 {
				r.headers(id, true, get("/"))
				if got := r.outcome(id); got != "200, RST_STREAM INTERNAL_ERROR" {
					t.Fatalf("%d: %s", id, got)
				}
			}
		})
	}
}

// A handler that returns too late is not answered for, although nothing waits for the client.
func TestLateAnswer(t *testing.T) {
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(-time.Second))
		_, _ = io.WriteString(w, "answer")
	}, Options{}, false)
	r := s.greeted(t)
	r.headers(1, true, get("/"))
	if got := r.outcome(1); got != "RST_STREAM INTERNAL_ERROR" {
		t.Error(got)
	}
}

// A header whose rest does not come ends the connection; one whose rest comes leaves no deadline behind.
func TestHeaderThatDoesNotEnd(t *testing.T) {
	s := newSite(t, func(http.ResponseWriter, *http.Request) {}, Options{}, false, func(srv *http.Server) { srv.ReadHeaderTimeout = 200 * time.Millisecond })
	r := s.greeted(t)
	block := r.pack(get("/"))
	for _, id := range []uint32{1, 3} {
		r.must(r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block[:1], EndStream: true}))
		r.must(r.framer.WriteContinuation(id, false, block[1:2]))
		r.must(r.framer.WriteContinuation(id, true, block[2:]))
		if got := r.outcome(id); got != "200" {
			t.Fatal(got)
		}
		block = r.pack(get("/"))
		time.Sleep(300 * time.Millisecond) // longer than a header may take
	}
	r.must(r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 5, BlockFragment: block[:1], EndStream: true}))
	if got := r.outcome(5); got != "closed" {
		t.Error(got)
	}
}

// A client that takes a little now and then does not keep a writer for ever.
func TestPushEnds(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	go func() {
		for one := make([]byte, 1); ; time.Sleep(2 * time.Millisecond) {
			if _, err := there.Read(one); err != nil {
				return
			}
		}
	}()
	defer there.Close()
	g := &gather{Conn: here}
	g.hold(20 * time.Millisecond)
	if _, err := g.Write(make([]byte, bufferSize)); err != nil {
		t.Fatal(err)
	}
	if err := g.push(); !os.IsTimeout(err) {
		t.Error(err)
	}
}
