package h2

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"

	contract "github.com/gatehouse-dev/gatehouse/handlers/stream"
)

// queue is a Source that a test fills.
type queue struct {
	mu     sync.Mutex
	events []string
	err    error // after the events
	last   []byte
	asking atomic.Int32
	ended  chan struct{}
	wake   func()
	ctx    context.Context
	// alive says that the context was, when Ended was called, and stalled what that was told.
	alive, stalled atomic.Bool
	fault          atomic.Pointer[string]
}

func newQueue() *queue { return &queue{ended: make(chan struct{}), wake: func() {}} }

func (q *queue) enter(what string) func() {
	if q.asking.Add(1) != 1 {
		q.fault.Store(&what)
	}
	return func() { q.asking.Add(-1) }
}

func (q *queue) Next() ([]byte, error) {
	defer q.enter("Next while another call was under way")()
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.last {
		q.last[i] = '!' // what was given is valid no longer
	}
	if len(q.events) == 0 {
		return nil, q.err
	}
	event := q.events[0]
	q.events = q.events[1:]
	if event == "panic" {
		panic("told to")
	}
	q.last = []byte(event)
	if len(q.events) == 0 {
		return q.last, q.err
	}
	return q.last, nil
}

func (q *queue) Ended(stalled bool) {
	defer q.enter("Ended while another call was under way")()
	q.alive.Store(q.ctx == nil || q.ctx.Err() == nil)
	q.stalled.Store(stalled)
	close(q.ended) // a second call panics
}

func (q *queue) add(err error, events ...string) {
	q.mu.Lock()
	q.events = append(q.events, events...)
	q.err = err
	q.mu.Unlock()
	q.wake()
}

func (q *queue) handler(began chan<- *queue) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := q
		if q == nil {
			q = newQueue()
		}
		q.ctx = r.Context()
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, "before\n")
		q.wake = contract.Find(w).Detach(q)
		if _, err := io.WriteString(w, "too late\n"); err == nil {
			panic("a detached writer took a write")
		}
		began <- q
	}
}

// sources detaches a source for each request, which gives a few events whenever it is woken and never ends.
func (q *queue) sources() http.HandlerFunc {
	began := make(chan *queue)
	go func() {
		for q := range began {
			q.add(nil, "1\n", "2\n")
		}
	}()
	return (*queue)(nil).handler(began)
}

func (q *queue) check(t *testing.T) {
	t.Helper()
	q.checkEnd(t, false)
}

func (q *queue) checkEnd(t *testing.T, stalled bool) {
	t.Helper()
	receive(t, "Ended", q.ended)
	if got := q.stalled.Load(); got != stalled {
		t.Errorf("the source hears that its client stalled: %v", got)
	}
	if !q.alive.Load() {
		t.Error("the request's context ended before the source was told")
	}
	for end := time.Now().Add(patience); q.ctx.Err() == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the request's context did not end")
		}
	}
	q.wake() // does nothing any more
	if fault := q.fault.Load(); fault != nil {
		t.Error(*fault)
	}
}

func TestSource(t *testing.T) {
	began := make(chan *queue, 1)
	s := newSite(t, (*queue)(nil).handler(began), Options{}, false)
	long := strings.Repeat("0123456789", 100_000) + "\n"
	for _, c := range []struct {
		what string
		fill func(q *queue)
		want string
		err  bool
	}{
		{"events, then the end", func(q *queue) { q.add(nil, "1\n", "2\n"); q.add(io.EOF, "3\n") }, "before\n1\n2\n3\n", false},
		{"the end alone", func(q *queue) { q.add(nil, "1\n"); q.add(io.EOF) }, "before\n1\n", false},
		{"more than any window", func(q *queue) { q.add(io.EOF, "1\n", long, "2\n") }, "before\n1\n" + long + "2\n", false},
		{"an error", func(q *queue) { q.add(errors.New("lost"), "1\n") }, "", true},
		{"a panic", func(q *queue) { q.add(nil, "1\n", "panic") }, "", true},
	} {
		t.Run(c.what, func(t *testing.T) {
			answer, err := s.client.Get(s.url("/"))
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			q := receive(t, "the request", began)
			c.fill(q)
			got, err := io.ReadAll(answer.Body)
			if (err != nil) != c.err || !c.err && string(got) != c.want {
				t.Errorf("%.100q, %v", got, err)
			}
			q.check(t)
		})
	}
	if got := strings.Count(s.logged.String(), "panic serving"); got != 1 {
		t.Errorf("%d panics were logged", got)
	}
}

// However a stream ends, its source is closed once.
func TestSourceEnded(t *testing.T) {
	for what, end := range map[string]func(s *site, r *raw){
		"the client resets it":     func(_ *site, r *raw) { r.must(r.framer.WriteRSTStream(1, http2.ErrCodeCancel)) },
		"the client has gone":      func(_ *site, r *raw) { _ = r.socket.NetConn().Close() },
		"the client makes a fault": func(_ *site, r *raw) { r.must(r.framer.WriteRSTStream(99, 0)) },
		"the server is closed":     func(s *site, _ *raw) { _ = s.srv.Close() },
	} {
		for _, parked := range []bool{false, true} {
			t.Run(fmt.Sprint(what, ", parked ", parked), func(t *testing.T) {
				began := make(chan *queue, 1)
				s := newSite(t, (*queue)(nil).handler(began), Options{}, false)
				r := s.greeted(t)
				r.headers(1, true, get("/"))
				q := receive(t, "the request", began)
				if parked {
					q.add(nil, strings.Repeat("x", initialWindow))
					for n := 0; n < initialWindow; {
						n += len(frame[*http2.DataFrame](r).Data())
					}
				} else {
					frame[*http2.DataFrame](r)
				}
				end(s, r)
				q.check(t)
			})
		}
	}
}

// The handler detaches and panics, or its client has gone by then, or asks for the header alone.
func TestSourceNeverAsked(t *testing.T) {
	t.Run("panic", func(t *testing.T) {
		q := newQueue()
		began := make(chan *queue, 1)
		detach := q.handler(began)
		s := newSite(t, func(w http.ResponseWriter, r *http.Request) { detach(w, r); panic("told to") }, Options{}, false)
		r := s.greeted(t)
		r.headers(1, true, get("/"))
		receive(t, "the request", began)
		if got := r.outcome(1); got != "200, RST_STREAM INTERNAL_ERROR" {
			t.Error(got)
		}
		q.check(t)
	})
	t.Run("gone", func(t *testing.T) {
		q := newQueue()
		began := make(chan *queue, 1)
		detach := q.handler(began)
		s := newSite(t, func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done(); detach(w, r) }, Options{}, false)
		r := s.greeted(t)
		r.headers(1, true, get("/"))
		r.must(r.framer.WriteRSTStream(1, http2.ErrCodeCancel))
		receive(t, "the request", began)
		receive(t, "Ended", q.ended)
	})
	t.Run("HEAD", func(t *testing.T) {
		q := newQueue()
		began := make(chan *queue, 1)
		s := newSite(t, q.handler(began), Options{}, false)
		if answer, _ := s.do(http.MethodHead, "/", nil); answer.StatusCode != http.StatusOK {
			t.Error(answer.Status)
		}
		receive(t, "the request", began)
		q.check(t)
	})
}

// Hundreds of streams on a few connections get events from many goroutines: each stream gets all of its own, in order, whole.
func TestManySources(t *testing.T) {
	const connections, streams, events = 3, 100, 40
	began := make(chan *queue, connections*streams)
	s := newSite(t, (*queue)(nil).handler(began), Options{}, false)
	var readers, writers sync.WaitGroup
	for range connections {
		client := newClient()
		defer client.CloseIdleConnections()
		for range streams {
			answer, err := client.Get(s.url("/"))
			if err != nil {
				t.Fatal(err)
			}
			readers.Go(func() {
				defer answer.Body.Close()
				lines := bufio.NewScanner(answer.Body)
				lines.Buffer(nil, 1<<20)
				n := -1
				for ; lines.Scan(); n++ {
					if want := fmt.Sprint("event ", n, " "); n >= 0 && !strings.HasPrefix(lines.Text(), want) {
						t.Errorf("%.40q, want %q", lines.Text(), want)
						return
					}
				}
				if n != events || lines.Err() != nil {
					t.Errorf("%d events, %v", n, lines.Err())
				}
			})
		}
	}
	for range connections * streams {
		q := receive(t, "a request", began)
		writers.Go(func() {
			for i := range events {
				q.add(nil, fmt.Sprint("event ", i, " ", strings.Repeat("x", i*i*4), "\n"))
				if i%7 == 0 {
					q.wake() // for nothing
				}
			}
			q.add(io.EOF)
		})
	}
	writers.Wait()
	readers.Wait()
}

// A client that takes nothing of one stream, and one that takes nothing at all, hold up nobody.
func TestSlowClients(t *testing.T) {
	began := make(chan *queue, 1)
	s := newSite(t, (*queue)(nil).handler(began), Options{}, false)
	stuck := s.greeted(t, http2.Setting{ID: http2.SettingInitialWindowSize, Val: maxWindow})
	r := s.greeted(t)
	stuck.must(stuck.framer.WriteWindowUpdate(0, maxWindow-initialWindow))
	stuck.headers(1, true, get("/"))
	q := receive(t, "the request", began)
	for range 200 { // 20 MB, more than the sockets hold
		q.add(nil, strings.Repeat("x", 100_000))
	}
	r.headers(1, true, get("/"))
	parked := receive(t, "the request", began)
	parked.add(nil, strings.Repeat("x", initialWindow), "after")
	r.must(r.framer.WriteWindowUpdate(0, 1<<20))
	r.headers(3, true, get("/"))
	third := receive(t, "the request", began)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 {
			q.wake()
			parked.wake()
		}
		third.add(io.EOF, "quick\n")
	}()
	receive(t, "the end of the wakes", done)
	if got := r.outcome(3); got != "200" {
		t.Error(got)
	}
	// What waits for its window goes on where it stopped.
	parked.add(io.EOF)
	r.must(r.framer.WriteWindowUpdate(1, 1<<20))
	var rest strings.Builder
	for ended := false; !ended; {
		f := frame[*http2.DataFrame](r)
		if f.StreamID == 1 {
			rest.Write(f.Data())
			ended = f.StreamEnded()
		}
	}
	if !strings.HasSuffix(rest.String(), "xafter") {
		t.Errorf("the rest ends in %q", rest.String()[max(0, rest.Len()-20):])
	}
}

// A connection that takes nothing is given up.
func TestStall(t *testing.T) {
	began := make(chan *queue, 1)
	s := newSite(t, (*queue)(nil).handler(began), Options{StallTimeout: 100 * time.Millisecond}, false)
	r := s.greeted(t, http2.Setting{ID: http2.SettingInitialWindowSize, Val: maxWindow})
	r.must(r.framer.WriteWindowUpdate(0, maxWindow-initialWindow))
	r.headers(1, true, get("/"))
	q := receive(t, "the request", began)
	for range 200 {
		q.add(nil, strings.Repeat("x", 100_000))
	}
	q.checkEnd(t, true)
}
