package h2

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
)

// Handlers must not be able to tell this server from net/http's own: each of these is run by both, and the client must see
// the same.
var handlers = map[string]http.HandlerFunc{
	"nothing": func(http.ResponseWriter, *http.Request) {},
	"request": func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		fmt.Fprintln(w, r.Method, r.URL, r.Host == r.URL.Host, r.Proto, r.ProtoMajor, r.ProtoMinor, r.RequestURI, r.ContentLength, r.TLS.NegotiatedProtocol, r.TransferEncoding, r.Close)
		fmt.Fprintln(w, len(body), err, r.Trailer, r.RemoteAddr != "", r.Context().Value(http.ServerContextKey) != nil, r.Context().Value(http.LocalAddrContextKey) != nil)
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			fmt.Fprintln(w, name, r.Header[name])
		}
	},
	"json": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("Late", "yes")
		fmt.Fprint(w, `{"a":1}`)
	},
	"sniffed": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html><body>") },
	"not sniffed": func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		fmt.Fprint(w, "<html>")
	},
	"encoded": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		fmt.Fprint(w, "<html>")
	},
	"no content": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
	"not modified": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Etag", `"x"`)
		w.WriteHeader(http.StatusNotModified)
		_, err := fmt.Fprint(w, "no")
		if !errors.Is(err, http.ErrBodyNotAllowed) {
			panic(err)
		}
	},
	"several values": func(w http.ResponseWriter, _ *http.Request) { w.Header()["Warning"] = []string{"299 - a", "299 - b"} },
	"odd headers": func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["a b"], w.Header()["Bad"], w.Header()["lower-case"] = []string{"x"}, []string{"x\ny"}, []string{"x"}
		w.Header().Set("Transfer-Encoding", "chunked")
	},
	"own date": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Date", "Sat, 01 Jan 2000 00:00:00 GMT") },
	"own length": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "3")
		fmt.Fprint(w, "abc")
	},
	"too long": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "3")
		fmt.Fprint(w, "abc")
		w.(http.Flusher).Flush() // net/http does not see it before
		if _, err := fmt.Fprint(w, "d"); err == nil {
			panic("more than the length was taken")
		}
	},
	"large header": func(w http.ResponseWriter, _ *http.Request) {
		for i := range 20 {
			w.Header().Set(fmt.Sprint("X-Large-", i), strings.Repeat("x", i*1000))
		}
	},
	"flushed": func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "abc")
		w.(http.Flusher).Flush()
		fmt.Fprint(w, "def")
	},
	"empty flush": func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).Flush(); err != nil {
			panic(err)
		}
	},
	"large": func(w http.ResponseWriter, _ *http.Request) {
		for i := range 3000 {
			fmt.Fprintf(w, "%d %s\n", i, strings.Repeat("x", i))
		}
	},
	"one large write": func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("abcdefg", 500_000))
	},
	"trailers": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "A, B")
		fmt.Fprint(w, "body")
		w.Header().Set("A", "1")
		w.Header().Set(http.TrailerPrefix+"C", "3")
	},
	"only trailers": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set(http.TrailerPrefix+"C", "3") },
	"hints": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</a>")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusAccepted)
	},
	"panic":      func(http.ResponseWriter, *http.Request) { panic("told to") },
	"abort":      func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	"late panic": func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); panic("told to") },
	"unread":     func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "not interested") },
	"closed body": func(w http.ResponseWriter, r *http.Request) {
		err := r.Body.Close()
		_, readErr := r.Body.Read(make([]byte, 1))
		fmt.Fprint(w, err, readErr != nil)
	},
	"echo": func(w http.ResponseWriter, r *http.Request) {
		piece := make([]byte, 1000)
		for {
			n, err := r.Body.Read(piece)
			if _, err := w.Write(piece[:n]); err != nil {
				panic(err)
			}
			w.(http.Flusher).Flush()
			if err != nil {
				return
			}
		}
	},
}

// What is not the same for two clients in one error.
var numbered = regexp.MustCompile("stream ID [0-9]+|https://[0-9.:]+")

// seen is all that a client can tell of an answer.
func seen(t *testing.T, s *site, method, name string, body io.Reader, change func(*http.Request)) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, s.url("/"+strings.ReplaceAll(name, " ", "-")+"?a=b%20c"), body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Handler", name)
	if change != nil {
		change(r)
	}
	r.Host = "example.test"
	answer, err := s.client.Do(r)
	if err != nil {
		return "error " + numbered.ReplaceAllString(err.Error(), "")
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if date := answer.Header.Get("Date"); len(date) == len(http.TimeFormat) && date != "Sat, 01 Jan 2000 00:00:00 GMT" {
		answer.Header.Set("Date", "now")
	}
	// Ours tells the length of longer answers too.
	if len(text) > 2048 {
		answer.Header.Del("Content-Length")
		answer.ContentLength = -1
	}
	failed := numbered.ReplaceAllString(fmt.Sprint(err), "")
	return fmt.Sprintf("%s %s length %d\nheader %v\ntrailer %v\n%d bytes %x error %v\n%.300s", answer.Proto, answer.Status, answer.ContentLength, answer.Header, answer.Trailer, len(text), sha256.Sum256(text), failed, text)
}

func TestAsNetHTTP(t *testing.T) {
	serve := func(w http.ResponseWriter, r *http.Request) { handlers[r.Header.Get("X-Handler")](w, r) }
	ours, std := newSite(t, serve, Options{}, false), newSite(t, serve, Options{}, true)
	requests := []struct {
		what, method string
		body         func() io.Reader
		change       func(*http.Request)
	}{
		{"GET", http.MethodGet, func() io.Reader { return nil }, nil},
		{"HEAD", http.MethodHead, func() io.Reader { return nil }, nil},
		{"POST", http.MethodPost, func() io.Reader { return strings.NewReader("a body") }, func(r *http.Request) {
			r.Header["Cookie"] = []string{"a=b; c=d", "e=f"}
			r.Header["X-Several"] = []string{"1", "2"}
		}},
		{"PUT in pieces", http.MethodPut, func() io.Reader { return io.MultiReader(strings.NewReader(strings.Repeat("ab", 200_000))) }, func(r *http.Request) { r.Trailer = http.Header{"End": {"now"}} }},
		{"PATCH after 100", http.MethodPatch, func() io.Reader { return strings.NewReader(strings.Repeat("ab", 30_000)) }, func(r *http.Request) { r.Header.Set("Expect", "100-continue") }},
	}
	for name := range handlers {
		for _, q := range requests {
			// Where the request's body races with the end of the answer, even net/http is not always of one mind.
			if q.what != "GET" && q.what != "HEAD" && (strings.Contains(name, "panic") || name == "abort") {
				continue
			}
			t.Run(name+"/"+q.what, func(t *testing.T) {
				got, want := seen(t, ours, q.method, name, q.body(), q.change), seen(t, std, q.method, name, q.body(), q.change)
				if got != want {
					t.Errorf("got  %s\n\nwant %s", got, want)
				}
			})
		}
	}
	if got := strings.Count(ours.logged.String(), ": told to\n"); got != 4 {
		t.Errorf("%d panics were logged, want those of two handlers for GET and HEAD\n%s", got, ours.logged)
	}
}

// The listener leaves HTTP/1.1 as it is.
func TestHTTP1(t *testing.T) {
	s := newSite(t, handlers["large"], Options{}, false)
	transport := s.client.Transport.(*http.Transport)
	transport.ForceAttemptHTTP2, transport.TLSClientConfig.NextProtos = false, []string{"http/1.1"}
	if answer, text := s.do(http.MethodGet, "/", nil); answer.ProtoMajor != 1 || len(text) < 4_000_000 {
		t.Errorf("%s, %d bytes", answer.Proto, len(text))
	}
}

func TestContextEnds(t *testing.T) {
	type ended struct{ context, read, write error }
	began, done := make(chan struct{}, 1), make(chan ended, 1)
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		began <- struct{}{}
		_, read := io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		_, write := w.Write(make([]byte, 100_000))
		done <- ended{r.Context().Err(), read, write}
	}, Options{}, false)
	for what, end := range map[string]func(r *raw){
		"reset":  func(r *raw) { r.must(r.framer.WriteRSTStream(1, 8)) },
		"closed": func(r *raw) { _ = r.socket.NetConn().Close() },
		"fault":  func(r *raw) { r.must(r.framer.WriteRSTStream(9, 8)) },
	} {
		t.Run(what, func(t *testing.T) {
			r := s.greeted(t)
			r.headers(1, false, post("/"))
			receive(t, "the request", began)
			end(r)
			got := receive(t, "the end", done)
			if !errors.Is(got.context, context.Canceled) || got.read == nil || got.write == nil {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestReadDeadline(t *testing.T) {
	failed := make(chan error, 1)
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		controller := http.NewResponseController(w)
		at := time.Now().Add(-time.Second)
		if r.URL.Path == "/soon" {
			at = time.Now().Add(20 * time.Millisecond)
		}
		if err := errors.Join(controller.EnableFullDuplex(), controller.SetReadDeadline(time.Now().Add(time.Hour)), controller.SetReadDeadline(at)); err != nil {
			t.Error(err)
		}
		_, err := io.ReadAll(r.Body)
		failed <- err
	}, Options{}, false)
	for _, path := range []string{"/past", "/soon"} {
		r := s.greeted(t)
		r.headers(1, false, post(path))
		if err := receive(t, "the deadline", failed); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(path, err)
		}
		if got := r.outcome(1); got != "200" {
			t.Error(path, got)
		}
	}
}

func TestWriteDeadline(t *testing.T) {
	failed := make(chan error, 1)
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			t.Error(err)
		}
		_, err := w.Write(make([]byte, 1<<20)) // more than the client's window
		failed <- err
	}, Options{}, false)
	r := s.greeted(t)
	r.headers(1, true, get("/"))
	if err := receive(t, "the deadline", failed); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
	if got := r.outcome(1); got != "200, RST_STREAM INTERNAL_ERROR" {
		t.Error(got)
	}
}

// A handler that never looks at the body of its request: the answer is complete, and the client may stop sending.
func TestUnreadBody(t *testing.T) {
	s := newSite(t, func(http.ResponseWriter, *http.Request) {}, Options{}, false)
	r := s.greeted(t)
	r.headers(1, false, post("/"))
	if got := r.outcome(1); got != "200" {
		t.Fatal(got)
	}
	if got := r.outcome(1); got != "RST_STREAM NO_ERROR" {
		t.Fatal(got)
	}
	// What was on its way is no fault.
	r.must(r.framer.WriteData(1, false, []byte("late")))
	r.headers(1, true, []string{"a", "b"})
	r.headers(3, true, get("/"))
	if got := r.outcome(3); got != "200" {
		t.Fatal(got)
	}
}

// The rest of a request that nobody reads is taken in before the answer ends, with windows of any size; a client that waits to
// be told to send it is not told.
func TestSwallowedBody(t *testing.T) {
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, Options{}, false)
	r := s.greeted(t)
	r.headers(1, false, post("/", "content-length", "3000000"))
	sent, window := 0, defaultUploadWindow
	for sent < 3_000_000 {
		for window >= 10_000 && sent < 3_000_000 {
			r.must(r.framer.WriteData(1, sent+10_000 == 3_000_000, make([]byte, 10_000)))
			sent += 10_000
			window -= 10_000
		}
		if sent < 3_000_000 {
			if f := frame[*http2.WindowUpdateFrame](r); f.StreamID == 1 {
				window += int(f.Increment)
			}
		}
	}
	if got := r.outcome(1); got != "401" {
		t.Error(got)
	}
	r.headers(3, false, post("/", "expect", "100-continue"))
	if got := r.outcome(3); got != "401" {
		t.Error(got)
	}
	if got := r.outcome(3); got != "RST_STREAM NO_ERROR" {
		t.Error(got)
	}
}

func TestShortAnswer(t *testing.T) {
	s := newSite(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		fmt.Fprint(w, "abc")
	}, Options{}, false)
	r := s.greeted(t)
	r.headers(1, true, get("/"))
	if got := r.outcome(1); got != "200, RST_STREAM INTERNAL_ERROR" {
		t.Error(got)
	}
}
