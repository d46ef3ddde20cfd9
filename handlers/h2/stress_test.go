package h2

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"golang.org/x/net/http2"
)

// pattern is n bytes that tell where they are.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i>>16) ^ byte(i>>8)*7 ^ byte(i)*31
	}
	return b
}

// echo sends the request's body back, in pieces of the size that the query says.
func echo(w http.ResponseWriter, r *http.Request) {
	size, _ := strconv.Atoi(r.FormValue("piece"))
	if _, err := io.CopyBuffer(struct{ io.Writer }{w}, r.Body, make([]byte, max(size, 1))); err != nil {
		panic(http.ErrAbortHandler)
	}
}

func TestBodies(t *testing.T) {
	s := newSite(t, echo, Options{}, false)
	for _, n := range []int{0, 1, 4095, answerBuffer - 1, answerBuffer, answerBuffer + 1, fillTo, initialWindow, initialWindow + 1, defaultUploadWindow + 1, 5 << 20} {
		for _, piece := range []int{1 << 10, answerBuffer, answerBuffer + 1, 1 << 20} {
			for _, known := range []bool{true, false} {
				t.Run(fmt.Sprint(n, " in ", piece, " known ", known), func(t *testing.T) {
					body := pattern(n)
					var from io.Reader = bytes.NewReader(body)
					if !known {
						from = iotest.HalfReader(io.MultiReader(from))
					}
					answer, got := s.do(http.MethodPost, fmt.Sprint("/?piece=", piece), from)
					if answer.StatusCode != http.StatusOK || got != string(body) {
						t.Errorf("%s, %d bytes of %d", answer.Status, len(got), n)
					}
				})
			}
		}
	}
}

// Thousands of requests at once over one connection and over several, some of which are given up in the middle.
func TestConcurrentRequests(t *testing.T) {
	requests := 4000
	if testing.Short() {
		requests = 500
	}
	s := newSite(t, echo, Options{MaxStreams: 100}, false)
	second := newClient()
	defer second.CloseIdleConnections()
	var group sync.WaitGroup
	var answered atomic.Int32
	places := make(chan struct{}, 500)
	for i := range requests {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			client := s.client
			if i%2 == 0 {
				client = second
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			body := pattern(rand.IntN(100_000))
			r, err := http.NewRequestWithContext(ctx, http.MethodPut, s.url(fmt.Sprint("/?piece=", 100+rand.IntN(40_000))), bytes.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			answer, err := client.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			defer answer.Body.Close()
			if i%5 == 0 {
				_, _ = io.CopyN(io.Discard, answer.Body, int64(len(body)/2))
				return
			}
			got, err := io.ReadAll(answer.Body)
			if err != nil || !bytes.Equal(got, body) {
				t.Errorf("%d bytes of %d, %v", len(got), len(body), err)
				return
			}
			answered.Add(1)
		})
	}
	group.Wait()
	if n := answered.Load(); int(n) != requests-requests/5 {
		t.Errorf("%d answers", n)
	}
}

// Both directions at once: each line is answered before the next is sent.
func TestFullDuplex(t *testing.T) {
	s := newSite(t, handlers["echo"], Options{}, false)
	from, to := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url("/"), from)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(to, "begin\n") }()
	answer, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	line := make([]byte, len("begin\n"))
	for i := range 100 {
		if _, err := io.ReadFull(answer.Body, line); err != nil {
			t.Fatal(i, err)
		}
		if _, err := fmt.Fprintf(to, "%5d\n", i); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(answer.Body); err != nil || string(rest) != "   99\n" {
		t.Errorf("%q, %v", rest, err)
	}
}

// Long answers to a client with small windows, several at once: no frame is larger than a window allows, each stream has
// its share, and every byte is in its place.
func TestSmallWindows(t *testing.T) {
	const size, streams, window = 300_000, 5, 1000
	whole := pattern(size)
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(whole) }, Options{}, false)
	r := s.greeted(t, http2.Setting{ID: http2.SettingInitialWindowSize, Val: window})
	left, connection := map[uint32]int{}, initialWindow
	got := map[uint32][]byte{}
	for id := uint32(1); id < 2*streams; id += 2 {
		r.headers(id, true, get("/"))
		left[id] = window
	}
	for done := 0; done < streams; {
		f, err := r.framer.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		data, ok := f.(*http2.DataFrame)
		if !ok {
			continue
		}
		id, n := data.StreamID, len(data.Data())
		got[id] = append(got[id], data.Data()...)
		left[id] -= n
		connection -= n
		if left[id] < 0 || connection < 0 {
			t.Fatalf("stream %d: the window was passed: %d, %d", id, left[id], connection)
		}
		if data.StreamEnded() {
			done++
			continue
		}
		if left[id] == 0 {
			r.must(r.framer.WriteWindowUpdate(id, window))
			left[id] = window
		}
		if connection < window {
			r.must(r.framer.WriteWindowUpdate(0, 5*window))
			connection += 5 * window
		}
	}
	for id, b := range got {
		if !bytes.Equal(b, whole) {
			t.Errorf("stream %d: %d bytes", id, len(b))
		}
	}
}

// A window that the settings make negative holds a stream until the client has given enough to come above nothing.
func TestNegativeWindow(t *testing.T) {
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 200)) }, Options{}, false)
	r := s.greeted(t, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 100})
	r.headers(1, true, get("/"))
	if n := len(frame[*http2.DataFrame](r).Data()); n != 100 {
		t.Fatalf("%d bytes for a window of 100", n)
	}
	r.must(r.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 10})) // now -90
	r.must(r.framer.WriteWindowUpdate(1, 95))
	if n := len(frame[*http2.DataFrame](r).Data()); n != 5 {
		t.Fatalf("%d bytes for a window of 5", n)
	}
	r.must(r.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1000}))
	if f := frame[*http2.DataFrame](r); len(f.Data()) != 95 || !f.StreamEnded() {
		t.Fatalf("%v", f)
	}
}
