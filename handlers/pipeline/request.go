// Package pipeline has the stages that a request passes before and after its verb: one file per stage, each a function
// that wraps the next. The order is not known here; it is written once, in the chain of the root package.
package pipeline

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/audit"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Request is one request on its way. It belongs to the goroutine that serves it and is not kept when that is done, although
// a detached answer may go on for hours.
type Request struct {
	// HTTP is the request; stages replace its context through WithContext.
	HTTP *http.Request
	// Writer is where the answer goes. Writes count what went out, so that an error after the first byte is not answered.
	Writer *ResponseWriter
	// Query is the parsed query of HTTP. Of one that cannot be read whole, it has what can be read.
	Query url.Values
	// Info is what the request asks for, as authorization and audit see it. The verb works on the same Info, so the two
	// cannot disagree.
	Info Info
	// selectors are parsed once, too.
	selectors selectors
	// Resource is nil for requests that are not about a served resource.
	Resource *resource.Resource
	// User is the user of the request; nil before authentication.
	User *resource.UserInfo
	// Received is when the request came.
	Received time.Time
	// Audit is what the audit log wants of the request; nil while nobody writes one.
	Audit *audit.Record
	// bodyBy is until when the client must have sent its body; zero for no limit.
	bodyBy time.Time
	// detached is the answer, once the handler has left that to the connection.
	detached *detached
}

// Info is what a request is about.
type Info struct {
	// IsResource says whether the path is one of the resource API: below /api/<version> or /apis/<group>/<version>.
	IsResource bool
	Path       string
	// Verb is get, list, watch, create, update, patch, delete or deletecollection; proxy; or, for other paths, the HTTP
	// method in lower case.
	Verb                  string
	Group, Version        string
	Resource, Subresource string
	Namespace, Name       string
	// Parts are the segments after the subresource, as proxies need them.
	Parts []string
	// Watched is how many segments follow the deprecated prefix /watch/ of the path; 0 without it.
	Watched int
}

// Handler answers a request or returns what is to be answered as an error.
type Handler func(*Request) error

// Stage wraps a handler.
type Stage func(Handler) Handler

// NewRequest wraps what net/http gives. info is what the path says; the query is read here.
func NewRequest(w http.ResponseWriter, r *http.Request, info Info) *Request {
	request := &Request{HTTP: r, Writer: &ResponseWriter{ResponseWriter: w}, Info: info, Received: time.Now()}
	if r.URL.RawQuery != "" {
		request.Query = r.URL.Query()
	}
	request.refine()
	return request
}

// Context is the request's context.
func (r *Request) Context() context.Context { return r.HTTP.Context() }

// WithContext makes ctx the context of the request from here on.
func (r *Request) WithContext(ctx context.Context) { r.HTTP = r.HTTP.WithContext(ctx) }

// annotate adds an annotation for the audit log, if there is one.
func (r *Request) annotate(key, value string) {
	if r.Audit != nil {
		r.Audit.Annotate(key, value)
	}
}

// LongRunning says whether the request has no deadline: watches and connections.
func (r *Request) LongRunning() bool {
	switch r.Info.Verb {
	case "watch", "proxy":
		return true
	}
	switch r.Info.Subresource {
	case "attach", "exec", "proxy", "log", "portforward":
		return true
	}
	return false
}

// ResponseWriter remembers whether the answer has begun.
type ResponseWriter struct {
	http.ResponseWriter
	// Status is the status code sent; 0 before the first byte.
	Status int
	// Size is how many bytes of the body were sent.
	Size int64
	// expires is until when the client must have taken the answer; zero for long-running requests.
	expires time.Time
	// begun is told the status code when the answer begins.
	begun func(code int)
	// warned are the warnings that the header has.
	warned warned
}

// WriteHeader sends the header once; later calls are ignored, as they are by net/http, but without its log line.
func (w *ResponseWriter) WriteHeader(status int) {
	if w.Status != 0 {
		return
	}
	w.Status = status
	w.limitAnswer()
	if w.begun != nil {
		w.begun(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *ResponseWriter) Write(b []byte) (int, error) {
	if w.Status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(b)
	w.Size += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection (flush, deadlines, hijack).
func (w *ResponseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
