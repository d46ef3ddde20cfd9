package pipeline

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/audit"
	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/stream"
)

// carrier is a connection that carries an answer on when the test says so.
type carrier struct {
	*httptest.ResponseRecorder
	source stream.Source
	woken  int
}

func (c *carrier) Detach(s stream.Source) func() {
	c.source = s
	return func() { c.woken++ }
}

// carry takes what there is, as a connection does, and ends the answer where it ends.
func (c *carrier) carry() error {
	for {
		b, err := c.source.Next()
		c.Body.Write(b)
		switch {
		case err != nil:
			c.source.Ended(false)
			return err
		case len(b) == 0:
			return nil
		}
	}
}

// pieces is a source of some texts. It panics at "!", and breaks off at "?".
type pieces struct {
	left    []string
	wake    func()
	ended   int
	stalled bool
	atEnded any
}

var errBroken = errors.New("broken")

func (p *pieces) Next() ([]byte, error) {
	if len(p.left) == 0 {
		return nil, nil
	}
	b := p.left[0]
	p.left = p.left[1:]
	switch b {
	case "!":
		panic("in the middle")
	case "?":
		return nil, errBroken
	case "":
		return nil, io.EOF
	}
	return []byte(b), nil
}

func (p *pieces) Ended(stalled bool) {
	p.ended++
	p.stalled = stalled
	if p.atEnded != nil {
		panic(p.atEnded)
	}
}

// detaching begins an answer and leaves the rest to the connection.
func detaching(p *pieces) Handler {
	return func(r *Request) error {
		if _, err := io.WriteString(r.Writer, "head "); err != nil {
			return err
		}
		wake, ok := r.Detach(p)
		if !ok {
			return errors.New("not detached")
		}
		p.wake = wake
		p.wake() // something came already, and nobody knows yet whom to wake
		return nil
	}
}

// What stages do after the handler they do when a detached answer has ended, however it does, once, the innermost first.
func TestDetachedAnswersEndLater(t *testing.T) {
	for _, c := range []struct {
		what       string
		pieces     []string
		atEnded    any
		leaves     bool
		body       string
		panics     bool
		err        error
		inLog, not string
	}{
		{what: "in order", pieces: []string{"a", "b", ""}, body: "head ab", not: "level="},
		{what: "broken off", pieces: []string{"a", "?"}, body: "head a", err: errBroken, inLog: `msg="an answer broke off" path=/x`},
		{what: "a panic", pieces: []string{"a", "!"}, body: "head a", panics: true, inLog: `msg="panic while serving a request" method=GET path=/x panic="in the middle"`},
		{what: "a panic at the end", pieces: []string{""}, atEnded: "late", body: "head ", panics: true, inLog: "panic=late"},
		{what: "cut off on purpose", pieces: []string{""}, atEnded: http.ErrAbortHandler, body: "head ", panics: true, not: "level="},
		{what: "the client is cut off", pieces: []string{"a"}, leaves: true, body: "head a", not: "level="},
	} {
		var done []string
		var ends []End
		mark := func(name string) Stage {
			return func(next Handler) Handler {
				return func(r *Request) error {
					return After(next, r, func(e End) error {
						done, ends = append(done, name), append(ends, e)
						return e.Err
					})
				}
			}
		}
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, nil))
		on := &carrier{ResponseRecorder: httptest.NewRecorder()}
		source := &pieces{left: c.pieces, atEnded: c.atEnded}
		r := NewRequest(on, httptest.NewRequest("GET", "/x", nil), Info{Path: "/x"})
		Serve(r, Recover(logger)(mark("outer")(mark("inner")(detaching(source)))), logger)
		if on.source == nil || on.woken != 1 || len(done) != 0 || source.ended != 0 {
			t.Fatalf("%s: handed over: %v, woken %d times, done already: %v", c.what, on.source, on.woken, done)
		}
		if source.wake(); on.woken != 2 {
			t.Errorf("%s: woken %d times", c.what, on.woken)
		}
		err := on.carry()
		if c.leaves {
			on.source.Ended(true)
		} else if err == nil {
			t.Errorf("%s: does not end", c.what)
		}
		if on.Body.String() != c.body || source.ended != 1 || source.stalled != c.leaves || !slices.Equal(done, []string{"inner", "outer"}) {
			t.Errorf("%s: body %q, ended %d times, done %v", c.what, on.Body, source.ended, done)
		}
		for _, e := range ends {
			if (e.Panic != nil) != c.panics || !errors.Is(e.Err, c.err) || e.Status != 200 || e.Size != int64(len(c.body)) {
				t.Errorf("%s: ended with %+v", c.what, e)
			}
		}
		if c.inLog != "" && !strings.Contains(log.String(), c.inLog) || c.not != "" && strings.Contains(log.String(), c.not) {
			t.Errorf("%s: log %s", c.what, &log)
		}
		if c.inLog != "" && c.panics && !strings.Contains(log.String(), "detach_test.go") {
			t.Errorf("%s: the log does not say where: %s", c.what, &log)
		}
	}
}

// Without a connection that can, and with a handler that answers by itself, everything is done at once.
func TestNotDetached(t *testing.T) {
	recorder := httptest.NewRecorder()
	done := 0
	r := NewRequest(recorder, httptest.NewRequest("GET", "/x", nil), Info{Path: "/x"})
	Serve(r, func(r *Request) error {
		return After(func(r *Request) error {
			if _, ok := r.Detach(&pieces{}); ok {
				t.Error("detached from a connection that cannot")
			}
			return errBroken
		}, r, func(e End) error {
			done++
			if e.Err != errBroken || e.Status != 0 {
				t.Errorf("ended with %+v", e)
			}
			return nil // a stage may answer the error itself
		})
	}, slog.New(slog.DiscardHandler))
	if done != 1 || recorder.Body.Len() != 0 {
		t.Errorf("done %d times, body %q", done, recorder.Body)
	}
}

// The audit log hears that a detached answer has begun when it has, and that it has ended when it has.
func TestAuditOfDetachedAnswers(t *testing.T) {
	policy, err := audit.ParsePolicy([]byte("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]"))
	if err != nil {
		t.Fatal(err)
	}
	for last, want := range map[string]string{"": "ResponseComplete ann 200  seen=ann", "!": "Panic ann 500 InternalError seen=ann"} {
		j, log := &journal{}, slog.New(slog.DiscardHandler)
		h := httptest.NewRequest("GET", "/api/v1/pods?watch=1", nil)
		h.Header.Set("Name", "ann")
		on := &carrier{ResponseRecorder: httptest.NewRecorder()}
		r := NewRequest(on, h, ParseInfo("GET", h.URL.Path))
		chain := Authenticate(anyone{}, authn.ProxyHeaders{}, &audit.Auditor{Policy: policy, Sink: j, Log: log}, log)(Audit(detaching(&pieces{left: []string{"a", last}})))
		Serve(r, chain, log)
		begun := []string{"RequestReceived ann seen=ann", "ResponseStarted ann 200  seen=ann"}
		if !slices.Equal(j.lines, begun) {
			t.Errorf("before the end: %q", j.lines)
		}
		if on.carry() == nil {
			t.Error("does not end")
		}
		if !slices.Equal(j.lines, append(begun, want)) {
			t.Errorf("in the end: %q", j.lines)
		}
	}
}
