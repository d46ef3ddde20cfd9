package h2

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// Shutdown waits for what is under way, handlers and sources, and for nothing else.
func TestShutdown(t *testing.T) {
	began, finish := make(chan *queue, 1), make(chan struct{})
	busy := make(chan struct{}, 1)
	detach := (*queue)(nil).handler(began)
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/watch" {
			detach(w, r)
			return
		}
		busy <- struct{}{}
		<-finish
		_, _ = io.WriteString(w, "done")
	}, Options{}, false)
	idle, r := s.greeted(t), s.greeted(t)
	r.headers(1, true, get("/"))
	r.headers(3, true, get("/watch"))
	receive(t, "the request", busy)
	q := receive(t, "the watch", began)
	down := make(chan error, 1)
	go func() { down <- s.srv.Shutdown(context.Background()) }()

	if last := frame[*http2.GoAwayFrame](idle).LastStreamID; last != maxWindow {
		t.Errorf("the first GOAWAY names stream %d", last)
	}
	idle.must(idle.framer.WritePing(true, leavingPing))
	if f := frame[*http2.GoAwayFrame](idle); f.LastStreamID != 0 || f.ErrCode != http2.ErrCodeNo {
		t.Errorf("the last GOAWAY: %v", f)
	}
	if _, err := idle.framer.ReadFrame(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last GOAWAY: %v", err)
	}

	frame[*http2.GoAwayFrame](r)
	r.headers(5, true, get("/")) // sent before the client knew
	receive(t, "a request on its way", busy)
	r.must(r.framer.WritePing(true, leavingPing))
	if last := frame[*http2.GoAwayFrame](r).LastStreamID; last != 5 {
		t.Errorf("the last GOAWAY names stream %d", last)
	}
	r.headers(7, false, post("/")) // too late: nothing is said about it any more, nor about what belongs to it
	r.must(r.framer.WriteData(7, false, []byte("body")))
	r.must(r.framer.WriteWindowUpdate(7, 1))
	r.must(r.framer.WriteRSTStream(7, http2.ErrCodeCancel))
	r.must(r.framer.WritePing(false, [8]byte{'s', 'e', 'e', 'n'}))
	frame[*http2.PingFrame](r)
	close(finish)
	var ended []uint32
	for len(ended) < 2 {
		if f := frame[*http2.DataFrame](r); f.StreamEnded() {
			ended = append(ended, f.StreamID)
		}
	}
	if slices.Sort(ended); !slices.Equal(ended, []uint32{1, 5}) {
		t.Errorf("answered were %v", ended)
	}
	select {
	case err := <-down:
		t.Fatalf("Shutdown returned while a watch was open: %v", err)
	default:
	}
	q.add(io.EOF, "last\n")
	if got := r.outcome(3); got != "" { // its header came before
		t.Errorf("the watch: %s", got)
	}
	if _, err := r.framer.ReadFrame(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last answer: %v", err)
	}
	_ = idle.socket.Close()
	_ = r.socket.Close()
	if err := receive(t, "the end of Shutdown", down); err != nil {
		t.Error(err)
	}
	q.check(t)
}

// A client that does not answer the ping, and does not close its end, keeps the server for a moment only.
func TestShutdownOfDeafClient(t *testing.T) {
	s := newSite(t, func(http.ResponseWriter, *http.Request) {}, Options{}, false)
	s.greeted(t)
	down := make(chan error, 1)
	go func() { down <- s.srv.Shutdown(context.Background()) }()
	if err := receive(t, "the end of Shutdown", down); err != nil {
		t.Error(err)
	}
}

// A client that takes nothing of a source that has ended keeps the server for no longer than that wants to wait.
func TestShutdownOfShutWindow(t *testing.T) {
	began := make(chan *queue, 1)
	s := newSite(t, (*queue)(nil).handler(began), Options{}, false)
	r := s.greeted(t, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 100})
	r.headers(1, true, get("/"))
	q := receive(t, "the watch", began)
	q.add(io.EOF, strings.Repeat("x", 1000), "never asked for")
	for n := 0; n < 100; {
		n += len(frame[*http2.DataFrame](r).Data())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.srv.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown: %v", err)
	}
	_ = s.srv.Close()
	q.check(t)
	if len(q.events) != 1 {
		t.Errorf("%d events are left, want all but the one that waits", len(q.events))
	}
}

// Go's client notices nothing but that it needs a new connection.
func TestConnectionClose(t *testing.T) {
	var mu sync.Mutex
	peers := map[string]bool{}
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		peers[r.RemoteAddr] = true
		mu.Unlock()
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusAccepted)
	}, Options{}, false)
	for range 5 {
		answer, _ := s.do(http.MethodGet, "/", nil)
		if answer.StatusCode != http.StatusAccepted || answer.Header.Get("Connection") != "" {
			t.Errorf("%s %v", answer.Status, answer.Header)
		}
		for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) { // the client has seen the GOAWAY when it closes
			if s.open() == 0 {
				break
			}
			if time.Now().After(end) {
				t.Fatal("the connection stays open")
			}
		}
	}
	if len(peers) != 5 {
		t.Errorf("%d connections for 5 requests", len(peers))
	}
}

// open is how many connections are.
func (s *site) open() int {
	s.states.Lock()
	defer s.states.Unlock()
	n := 0
	for _, states := range s.seen {
		if states[len(states)-1] != http.StateClosed {
			n++
		}
	}
	return n
}

func TestLeaveChance(t *testing.T) {
	s := newSite(t, func(http.ResponseWriter, *http.Request) {}, Options{LeaveChance: 1}, false)
	r := s.greeted(t)
	r.headers(1, true, get("/"))
	if got := r.outcome(1); got != "GOAWAY NO_ERROR" {
		t.Error(got)
	}
	if got := r.outcome(1); got != "200" {
		t.Error(got)
	}
}

func TestConnStates(t *testing.T) {
	s := newSite(t, func(http.ResponseWriter, *http.Request) {}, Options{}, false)
	s.do(http.MethodGet, "/", nil)
	s.client.CloseIdleConnections()
	want := []http.ConnState{http.StateNew, http.StateActive, http.StateIdle, http.StateActive, http.StateIdle, http.StateClosed}
	var got []http.ConnState
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		s.states.Lock()
		for _, states := range s.seen {
			got = slices.Clone(states)
		}
		s.states.Unlock()
		if slices.Equal(got, want) {
			return
		}
	}
	t.Errorf("%v, want %v", got, want)
}

func TestIdleTimeout(t *testing.T) {
	began := make(chan *queue, 1)
	s := newSite(t, (*queue)(nil).handler(began), Options{}, false, func(srv *http.Server) { srv.IdleTimeout = 50 * time.Millisecond })
	idle, r := s.greeted(t), s.greeted(t)
	r.headers(1, true, get("/"))
	q := receive(t, "the watch", began)
	if f := frame[*http2.GoAwayFrame](idle); f.ErrCode != http2.ErrCodeNo {
		t.Error(f)
	}
	// A connection that carries a watch is not idle, however long the watch is silent. It becomes idle with its end.
	time.Sleep(100 * time.Millisecond)
	q.add(io.EOF, "still here\n")
	if got := r.outcome(1); got != "200" {
		t.Error(got)
	}
	if f := frame[*http2.GoAwayFrame](r); f.ErrCode != http2.ErrCodeNo {
		t.Error(f)
	}
}

// Without our listener every record is written by itself, and all else is the same.
func TestPlainListener(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, nil, Options{}, true)
	srv := &http.Server{Handler: http.HandlerFunc(handlers["large"]), TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate()}}}
	if err := Configure(srv, Options{}); err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.ServeTLS(listener, "", "") }()
	defer srv.Close()
	s.address = listener.Addr().String()
	if answer, text := s.do(http.MethodGet, "/", nil); answer.ProtoMajor != 2 || len(text) < 4_000_000 {
		t.Errorf("%s, %d bytes", answer.Proto, len(text))
	}
}
