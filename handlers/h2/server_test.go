package h2

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// patience is how long a test waits for what must come. Nothing is decided by how long it took.
const patience = 20 * time.Second

// sites are the servers that are open.
var sites atomic.Int32

// site is a server within the test.
type site struct {
	t       testing.TB
	srv     *http.Server
	address string
	client  *http.Client
	logged  *lockedBuffer

	states sync.Mutex
	seen   map[net.Conn][]http.ConnState
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newSite serves by this package, or by net/http alone with std. At the end of the test nothing of it may be left running.
func newSite(t testing.TB, handler http.HandlerFunc, o Options, std bool, change ...func(*http.Server)) *site {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	logged := &lockedBuffer{}
	srv := &http.Server{Handler: handler, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate()}}, ErrorLog: log.New(logged, "", 0)}
	s := &site{t: t, srv: srv, client: newClient(), logged: logged, seen: map[net.Conn][]http.ConnState{}}
	srv.ConnState = func(c net.Conn, state http.ConnState) {
		s.states.Lock()
		defer s.states.Unlock()
		s.seen[c] = append(s.seen[c], state)
	}
	for _, f := range change {
		f(srv)
	}
	s.address = listener.Addr().String()
	if !std {
		if err := Configure(srv, o); err != nil {
			t.Fatal(err)
		}
		listener = Listener(listener)
	}
	served := make(chan error, 1)
	go func() { served <- srv.ServeTLS(listener, "", "") }()
	sites.Add(1)
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		_ = srv.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
		if sites.Add(-1) == 0 {
			noneLeft(t)
		}
	})
	return s
}

func (s *site) url(path string) string { return "https://" + s.address + path }

// noneLeft waits until no goroutine is in this package's own code.
func noneLeft(t testing.TB) {
	t.Helper()
	var left string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		left = ""
		stacks := make([]byte, 1<<20)
		for _, g := range strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			if strings.Contains(g, "handlers/h2.(*conn)") || strings.Contains(g, "handlers/h2.(*workers)") || strings.Contains(g, "handlers/h2.(*body)") || strings.Contains(g, "handlers/h2.(*response)") {
				left = g
			}
		}
		if left == "" {
			return
		}
	}
	t.Errorf("still running after the server was closed:\n%s", left)
}

func (s *site) do(method, path string, body io.Reader) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url(path), body)
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer, string(text)
}

// receive waits for a value.
func receive[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		stacks := make([]byte, 1<<20)
		t.Fatalf("%s did not come\n%s", what, stacks[:runtime.Stack(stacks, true)])
		panic("unreachable")
	}
}
