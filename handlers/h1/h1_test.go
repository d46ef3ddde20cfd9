package h1

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/stream"
)

// patience is how long a test waits for what must come. Nothing is decided by how long it took.
const patience = 20 * time.Second

// source gives what it is told to give.
type source struct {
	mu     sync.Mutex
	pieces [][]byte
	err    error // after the pieces
	wake   func()
	ended  chan struct{}
}

func newSource(err error, pieces ...[]byte) *source {
	return &source{pieces: pieces, err: err, ended: make(chan struct{})}
}

func (s *source) Next() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pieces) == 0 {
		return nil, s.err
	}
	next := s.pieces[0]
	s.pieces = s.pieces[1:]
	return next, nil
}

// Ended closes a channel, so a second call panics.
func (s *source) Ended(bool) { close(s.ended) }

func (s *source) give(err error, pieces ...[]byte) {
	s.mu.Lock()
	s.pieces, s.err = append(s.pieces, pieces...), err
	wake := s.wake
	s.mu.Unlock()
	if wake != nil {
		wake()
	}
}

func (s *source) detach(t *testing.T, w http.ResponseWriter) {
	d := stream.Find(w)
	if d == nil {
		t.Error("the writer cannot carry an answer")
		s.Ended(false)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	w.WriteHeader(http.StatusOK)
	wake := d.Detach(s)
	s.mu.Lock()
	s.wake = wake
	s.mu.Unlock()
	wake()
}

func (s *source) awaitEnd(t *testing.T) {
	t.Helper()
	select {
	case <-s.ended:
	case <-time.After(patience):
		t.Fatal("the source was not told of its end")
	}
}

// serve answers /s with the source, over TLS or not.
func serve(t *testing.T, c *Carrier, secure bool, s func() *source) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(c.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s().detach(t, w)
	}), func(r *http.Request) bool { return r.URL.Path == "/s" }))
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(func() {
		c.Close()
		server.Close()
	})
	return server
}

// begun asks for /s, and returns when the answer has begun and one byte of it was read.
func begun(t *testing.T, server *httptest.Server) *http.Response {
	t.Helper()
	answer, err := server.Client().Get(server.URL + "/s")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := answer.Body.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return answer
}

func both(t *testing.T, test func(t *testing.T, secure bool)) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("tls=%v", secure), func(t *testing.T) { test(t, secure) })
	}
}

func TestAnswers(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789abcdef"), 40_000)
	many := make([][]byte, 5000)
	for i := range many {
		many[i] = fmt.Appendf(nil, "event %d\n", i)
	}
	for _, c := range []struct {
		what   string
		pieces [][]byte
	}{
		{"nothing", nil}, {"one", [][]byte{[]byte("a")}}, {"large", [][]byte{large, large}}, {"many", many},
	} {
		t.Run(c.what, func(t *testing.T) {
			both(t, func(t *testing.T, secure bool) {
				s := newSource(io.EOF, c.pieces...)
				server := serve(t, &Carrier{}, secure, func() *source { return s })
				answer, err := server.Client().Get(server.URL + "/s")
				if err != nil {
					t.Fatal(err)
				}
				defer answer.Body.Close()
				got, err := io.ReadAll(answer.Body)
				if want := bytes.Join(c.pieces, nil); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%d bytes and %v, want %d", len(got), err, len(want))
				}
				if answer.Proto != "HTTP/1.1" || !answer.Close || fmt.Sprint(answer.TransferEncoding) != "[chunked]" || answer.Header.Get("Content-Type") != "text/plain" {
					t.Errorf("%s, close %v, %v, %v", answer.Proto, answer.Close, answer.TransferEncoding, answer.Header)
				}
				s.awaitEnd(t)
			})
		})
	}
}

// What comes later comes when the source has woken its carrier, in order, also from several goroutines at once.
func TestWakes(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		s := newSource(nil, []byte("first\n"))
		server := serve(t, &Carrier{}, secure, func() *source { return s })
		answer, err := server.Client().Get(server.URL + "/s")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		lines := bufio.NewReader(answer.Body)
		if line, err := lines.ReadString('\n'); line != "first\n" || err != nil {
			t.Fatal(line, err)
		}
		const writers, each = 8, 200
		var group sync.WaitGroup
		for range writers {
			group.Go(func() {
				for range each {
					s.give(nil, []byte("more\n"))
				}
			})
		}
		for i := range writers * each {
			if line, err := lines.ReadString('\n'); line != "more\n" || err != nil {
				t.Fatalf("line %d: %q, %v", i, line, err)
			}
		}
		group.Wait()
		s.give(io.EOF)
		if rest, err := io.ReadAll(lines); len(rest) > 0 || err != nil {
			t.Errorf("%q, %v at the end", rest, err)
		}
		s.awaitEnd(t)
	})
}

// A client that leaves is noticed while nothing is to be sent, and while it takes nothing of what is.
func TestClientsThatLeave(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		var sources []*source
		var mu sync.Mutex
		server := serve(t, &Carrier{}, secure, func() *source {
			mu.Lock()
			defer mu.Unlock()
			s := newSource(nil, []byte("x"))
			sources = append(sources, s)
			return s
		})
		for range 2 {
			answer := begun(t, server)
			s := sources[len(sources)-1]
			if len(sources) == 2 {
				s.give(nil, make([]byte, 64<<20)) // more than all buffers on the way
			}
			answer.Body.Close()
			s.awaitEnd(t)
		}
	})
}

// What a client sends after its request is dropped; it does not end the answer, and is no request.
func TestFurtherRequestsAreDropped(t *testing.T) {
	s := newSource(nil)
	var requests atomic.Int32
	server := serve(t, &Carrier{}, false, func() *source { requests.Add(1); return s })
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for range 3 {
		if _, err := fmt.Fprintf(conn, "GET /s HTTP/1.1\r\nHost: x\r\n\r\n%s", strings.Repeat("x", 300)); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.give(io.EOF, []byte("all"))
	if got, err := io.ReadAll(answer.Body); string(got) != "all" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if n, err := conn.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Errorf("%d bytes and %v follow", n, err)
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestErrorsCutOff(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		s := newSource(errors.New("broken"), []byte("some"))
		server := serve(t, &Carrier{}, secure, func() *source { return s })
		answer, err := server.Client().Get(server.URL + "/s")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if got, err := io.ReadAll(answer.Body); string(got) != "some" && len(got) > 0 || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q, %v", got, err)
		}
		s.awaitEnd(t)
	})
}

// Shutdown waits for what is carried and Close cuts it off, with or without a client that takes something. Nothing is
// carried afterwards.
func TestTheEndOfACarrier(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		c := &Carrier{}
		if err := c.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		idle, stalled := newSource(nil, []byte("x")), newSource(nil, make([]byte, 64<<20))
		next := make(chan *source, 3)
		server := serve(t, c, secure, func() *source { return <-next })
		for _, s := range []*source{idle, stalled} {
			next <- s
			answer := begun(t, server)
			defer answer.Body.Close()
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Shutdown(over); !errors.Is(err, context.Canceled) {
			t.Errorf("Shutdown: %v", err)
		}
		c.Close()
		for _, s := range []*source{idle, stalled} {
			select {
			case <-s.ended:
			default:
				t.Error("a source was not told before Close returned")
			}
		}
		if err := c.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown after Close: %v", err)
		}
		late := newSource(io.EOF, []byte("late"))
		next <- late
		if answer, err := server.Client().Get(server.URL + "/s"); err == nil {
			got, err := io.ReadAll(answer.Body)
			answer.Body.Close()
			if err == nil {
				t.Errorf("a whole answer after Close: %q", got)
			}
		}
		late.awaitEnd(t)
	})
}

// Answers that nobody detaches are what they are without a Carrier.
func TestOrdinaryAnswers(t *testing.T) {
	handlers := map[string]http.HandlerFunc{
		"nothing": func(http.ResponseWriter, *http.Request) {},
		"status":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) },
		"text": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-A", "b")
			w.WriteHeader(http.StatusAccepted)
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, "text")
		},
		"flushed": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusCreated)
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, "text")
		},
		"early": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</a>")
			w.WriteHeader(http.StatusEarlyHints)
			w.WriteHeader(http.StatusNoContent)
		},
		"taken": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 299 Mine\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
			conn.Close()
		},
		"panics": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "some")
			panic(http.ErrAbortHandler)
		},
	}
	fetch := func(h http.Handler) string {
		server := httptest.NewServer(h)
		defer server.Close()
		answer, err := server.Client().Get(server.URL)
		if err != nil {
			return "no answer"
		}
		defer answer.Body.Close()
		got, err := io.ReadAll(answer.Body)
		answer.Header.Del("Date")
		return fmt.Sprint(answer.Status, answer.Header, answer.TransferEncoding, answer.Close, string(got), err)
	}
	for what, h := range handlers {
		c := &Carrier{}
		if got, want := fetch(c.Handler(h, func(*http.Request) bool { return true })), fetch(h); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
}

// Only what lasts, and only over HTTP/1.1, gets a writer that can carry it.
func TestWhatIsLeftAsItIs(t *testing.T) {
	able := make(chan bool, 1)
	c := &Carrier{}
	h := c.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { able <- stream.Find(w) != nil }),
		func(r *http.Request) bool { return r.URL.Path == "/s" })
	for _, test := range []struct {
		path         string
		major, minor int
		want         bool
	}{
		{"/s", 1, 1, true}, {"/other", 1, 1, false}, {"/s", 1, 0, false}, {"/s", 2, 0, false},
	} {
		r := httptest.NewRequest("GET", test.path, nil)
		r.ProtoMajor, r.ProtoMinor = test.major, test.minor
		if h.ServeHTTP(httptest.NewRecorder(), r); <-able != test.want {
			t.Errorf("%+v", test)
		}
	}
}

// An answer that waits has one goroutine, and what it takes does not depend on how deep its handler went.
func TestWaitingAnswers(t *testing.T) {
	const answers = 50
	var began atomic.Int32
	c := &Carrier{}
	server := serve(t, c, true, func() *source { began.Add(1); return newSource(nil, []byte("x")) })
	before := runtime.NumGoroutine()
	for range answers {
		answer := begun(t, server)
		defer answer.Body.Close()
	}
	// The client in this process has two for each connection.
	const each = 1 + 2
	for end := time.Now().Add(patience); runtime.NumGoroutine() > before+each*answers+each; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines for %d answers, %d before", runtime.NumGoroutine(), answers, before)
		}
	}
}
