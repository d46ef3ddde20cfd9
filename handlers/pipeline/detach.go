package pipeline

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/gatehouse-dev/gatehouse/handlers/stream"
)

// Serve takes a request through the chain and answers what that returns. An answer that was detached is handed to its
// connection as the very last thing, when every stage has returned and said what it will do in the end.
func Serve(r *Request, chain Handler, log *slog.Logger) {
	if err := chain(r); err != nil {
		r.limitError()
		WriteError(r, err, log)
		return
	}
	if r.detached != nil {
		r.detached.handOver(r, log)
	}
}

// Detach leaves the rest of the answer to the connection, if that can carry it, once the handler has returned nil; one that
// returns an error has not left it. wake is the source's to call when it has something again, from now on and from any
// goroutine; see stream.Detacher.
func (r *Request) Detach(s stream.Source) (wake func(), ok bool) {
	if stream.Find(r.Writer.ResponseWriter) == nil {
		return nil, false
	}
	r.detached = &detached{source: s}
	return r.detached.wake, true
}

// detached is an answer whose handler has returned: the stages around a source. It lives as long as the answer, of which
// there may be many thousands, and keeps nothing of the request.
type detached struct {
	source stream.Source
	// done is what the stages do in the end, the innermost first.
	done []func(End) error
	log  *slog.Logger
	// method and path are for the log.
	method, path string
	end          End
	// woken is how to wake the connection, once it has the answer.
	woken atomic.Pointer[func()]
}

func (d *detached) handOver(r *Request, log *slog.Logger) {
	// The path is a part of a longer text, which would stay in memory with it.
	d.log, d.method, d.path = log, r.HTTP.Method, strings.Clone(r.Info.Path)
	d.end = End{Status: r.Writer.Status, Size: r.Writer.Size}
	wake := stream.Find(r.Writer.ResponseWriter).Detach(d)
	d.woken.Store(&wake)
	// For what came after Next was first asked and before wake was known.
	wake()
}

func (d *detached) wake() {
	if wake := d.woken.Load(); wake != nil {
		(*wake)()
	}
}

// errPanic cuts an answer off. What happened is in the log.
var errPanic = errors.New("panic while answering")

// Next implements stream.Source.
func (d *detached) Next() (b []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			b, err = nil, errPanic
			d.panicked(p)
		}
	}()
	b, err = d.source.Next()
	d.end.Size += int64(len(b))
	if err != nil && err != io.EOF {
		d.end.Err = err
		d.log.Warn("an answer broke off", "path", d.path, "error", err)
	}
	return b, err
}

// Ended implements stream.Source: the source's own end, and then what the stages have to do. None of it can keep the rest
// from being done.
func (d *detached) Ended(stalled bool) {
	d.guarded(func() { d.source.Ended(stalled) })
	for _, done := range d.done {
		d.guarded(func() { _ = done(d.end) }) // there is nobody left to answer
	}
}

func (d *detached) guarded(run func()) {
	defer func() {
		if p := recover(); p != nil {
			d.panicked(p)
		}
	}()
	run()
}

func (d *detached) panicked(p any) {
	d.end.Panic = p
	if p != http.ErrAbortHandler {
		logPanic(d.log, d.method, d.path, p)
	}
}
