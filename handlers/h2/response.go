package h2

import (
	"fmt"
	"io"
	"net/http"
	"time"

	contract "github.com/gatehouse-dev/gatehouse/handlers/stream"
)

// response is a handler's http.ResponseWriter. It belongs to the handler's goroutine; what it shares with the connection is
// in its stream. A small answer stays in buf until the handler returns, and is sent with its length in one write then.
type response struct {
	stream  *stream
	handler http.Handler
	request *http.Request // until the handler is run
	header  http.Header
	head    *head // nil until WriteHeader
	sent    bool  // the head is in the connection's buffer
	isHead  bool  // answers HEAD
	over    bool  // the handler has returned, or detached the answer
	buf     []byte
	written int64
	// declared are the names of trailers that the handler has announced.
	declared []string
	// writeBy is until when the client must have taken the answer; zero when it has all the time. A timer runs only for an
	// answer that has to wait.
	writeBy time.Time
}

var (
	_ http.Flusher      = (*response)(nil)
	_ io.StringWriter   = (*response)(nil)
	_ contract.Detacher = (*response)(nil)
)

// Header is the handler's until WriteHeader, and afterwards for trailers.
func (w *response) Header() http.Header { return w.header }

// WriteHeader fixes the header; informational ones are sent at once.
func (w *response) WriteHeader(code int) {
	if code < 100 || code > 999 {
		panic(fmt.Sprintf("invalid WriteHeader code %v", code)) // as net/http does; the handler's own fault, caught in run
	}
	if w.head != nil || w.over {
		return
	}
	if code < 200 {
		w.inform(code)
		return
	}
	w.head = &head{status: code, length: -1, bodiless: w.isHead}
	w.head.collect(w.header)
	w.declared = declaredTrailers(w.header)
	if httpTokensContain(w.header["Connection"], "close") {
		w.stream.conn.leave()
	}
}

func (w *response) inform(code int) {
	st := w.stream
	c := st.conn
	header := w.header
	if header["Content-Length"] != nil {
		header = header.Clone()
		delete(header, "Content-Length")
	}
	c.mu.Lock()
	if st.gone || st.localDone {
		c.mu.Unlock()
		return
	}
	if code == http.StatusContinue && st.body != nil {
		st.body.expects = false
	}
	c.addInformation(st.id, code, header)
	c.mu.Unlock()
	c.write(st)
}

// Write buffers or sends. It returns when the connection has taken the bytes over, which is not yet when they are sent.
func (w *response) Write(p []byte) (int, error) {
	if err := w.accept(len(p)); err != nil {
		return 0, err
	}
	if len(w.buf)+len(p) <= answerBuffer {
		w.room()
		w.buf = append(w.buf, p...)
		return len(p), nil
	}
	return w.pass(p)
}

// WriteString is Write without making bytes of what is only buffered.
func (w *response) WriteString(s string) (int, error) {
	if err := w.accept(len(s)); err != nil {
		return 0, err
	}
	if len(w.buf)+len(s) <= answerBuffer {
		w.room()
		w.buf = append(w.buf, s...)
		return len(s), nil
	}
	return w.pass([]byte(s))
}

// accept says whether the handler may write n more bytes.
func (w *response) accept(n int) error {
	if w.over {
		return errHandlerDone
	}
	if w.head == nil {
		w.WriteHeader(http.StatusOK)
	}
	if !bodyAllowed(w.head.status) {
		return http.ErrBodyNotAllowed
	}
	if w.written += int64(n); w.head.length >= 0 && w.written > w.head.length {
		return http.ErrContentLength
	}
	return nil
}

func (w *response) room() {
	if w.buf == nil {
		w.buf = takeAnswerBuffer()
	}
}

func (w *response) pass(p []byte) (int, error) {
	if err := w.send(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// send sends what is buffered, and p.
func (w *response) send(p []byte) error {
	c := w.stream.conn
	w.checkDeadline()
	done, err := c.put(w.stream, w.unsent(p, -1), w.buf, p, false)
	if err == nil {
		c.write(w.stream)
		if !done {
			w.armDeadline()
			err = c.await(w.stream)
		}
	}
	w.buf = w.buf[:0]
	return w.stream.explain(err)
}

// unsent is the head where it is still to be sent, made complete.
func (w *response) unsent(p []byte, length int64) *head {
	if w.sent {
		return nil
	}
	w.sent = true
	start := w.buf
	if len(start) == 0 {
		start = p
	}
	w.head.complete(start, length)
	return w.head
}

// Flush is FlushError for callers that cannot handle the error.
func (w *response) Flush() { _ = w.FlushError() }

// FlushError sends what there is.
func (w *response) FlushError() error {
	if w.over {
		return errHandlerDone
	}
	if w.head == nil {
		w.WriteHeader(http.StatusOK)
	}
	return w.send(nil)
}

// EnableFullDuplex needs nothing: a handler may always read and write at the same time.
func (w *response) EnableFullDuplex() error { return nil }

// SetReadDeadline limits how long the handler waits for the request's body.
func (w *response) SetReadDeadline(t time.Time) error {
	w.stream.conn.mu.Lock()
	defer w.stream.conn.mu.Unlock()
	if w.over {
		return errHandlerDone
	}
	w.stream.setReadDeadline(t)
	return nil
}

// SetWriteDeadline limits how long the client may take for the answer. When it has passed, the stream is reset: at once if the
// answer waits for the client, else when the handler writes or returns.
func (w *response) SetWriteDeadline(t time.Time) error {
	if w.over {
		return errHandlerDone
	}
	w.writeBy = t
	return nil
}

// checkDeadline ends an answer that is too late.
func (w *response) checkDeadline() {
	if !w.writeBy.IsZero() && !time.Now().Before(w.writeBy) {
		w.armDeadline()
	}
}

// armDeadline lets the deadline act by itself.
func (w *response) armDeadline() {
	if w.writeBy.IsZero() {
		return
	}
	w.stream.conn.mu.Lock()
	defer w.stream.conn.mu.Unlock()
	if !w.stream.gone {
		w.stream.setWriteDeadline(w.writeBy)
	}
}
