package h2

import (
	"bytes"
	"net/http"
	"runtime"
	"time"

	"golang.org/x/net/http2"
)

// run is a handler from its beginning to its end. Nothing here holds the request while the handler runs or afterwards: an
// answer may wait for its client for long.
func (c *conn) run(s start) {
	request := s.response.request
	s.response.request = nil
	returned := false
	defer func() {
		if !returned {
			// A panic, or runtime.Goexit, in which case there is nothing to recover.
			c.cut(s, recover())
		}
	}()
	s.response.handler.ServeHTTP(s.response, request)
	returned = true
	c.finish(s.response)
}

// finish sends the end of an answer. What has to wait for the client is left to the writer: no goroutine stays for it.
// What is left to write then, for whichever stream, this goroutine can as well write, since it has nothing else to do: but
// last, because its request is over now.
func (c *conn) finish(w *response) {
	st := w.stream
	if st.phase.Load() == detached {
		c.handOver(w)
		return
	}
	if w.head == nil {
		w.WriteHeader(http.StatusOK)
	}
	w.checkDeadline()
	w.over = true
	trailers := w.trailers()
	short := w.head.length >= 0 && w.written < w.head.length && !w.isHead
	length := int64(-1)
	if !w.isHead || w.written > 0 {
		length = w.written
	}
	c.mu.Lock()
	st.handled = true
	c.discharge(st)
	st.trailers = trailers
	if st.body != nil {
		st.body.swallow()
	}
	c.mu.Unlock()
	done, err := c.put(st, w.unsent(nil, length), w.buf, nil, !short)
	if err == nil && !done {
		c.write(st)
		c.entrust(st, w.writeBy)
	}
	releaseAnswerBuffer(w.buf)
	w.buf = nil
	c.mu.Lock()
	if short {
		c.reset(st, http2.ErrCodeInternal) // an answer that is shorter than it said must not look complete
	}
	c.settle(st)
	c.mu.Unlock()
	c.ended(st)
	c.write(nil)
}

// cut ends a stream whose handler has panicked. http.ErrAbortHandler is how handlers ask for just that.
func (c *conn) cut(s start, reason any) {
	if reason != nil && reason != http.ErrAbortHandler {
		stack := make([]byte, 64<<10)
		stack = stack[:runtime.Stack(stack, false)]
		c.logf("http: panic serving %v: %v\n%s", c.blank.RemoteAddr, reason, stack)
	}
	st := s.stream
	s.response.over = true
	c.mu.Lock()
	st.handled = true
	c.discharge(st)
	if st.body != nil {
		st.body.closeLocked()
	}
	c.reset(st, http2.ErrCodeInternal)
	c.settle(st)
	c.mu.Unlock()
	if st.phase.Load() == detached {
		st.phase.Store(live)
		c.schedule(st)
	} else {
		c.ended(st)
	}
	c.write(nil)
}

// entrust leaves the rest of an answer to the writer, in as much memory as it needs. It ends when it is not taken in time,
// for an answer that nobody takes keeps its place among the streams: by the handler's deadline, or else after a stall's time.
func (c *conn) entrust(st *stream, by time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if st.gone || !st.unfinished() {
		return
	}
	st.pending = bytes.Clone(st.pending)
	if by.IsZero() {
		by = time.Now().Add(c.server.StallTimeout)
	}
	st.setWriteDeadline(by)
}

// ended gives up a request's share of the connection: after its handler, or after the source that came after that.
func (c *conn) ended(st *stream) {
	st.cancel()
	c.mu.Lock()
	defer c.mu.Unlock()
	if st.gone {
		st.stopDeadlines()
	}
	st.body = nil
	c.running--
	for len(c.waiting) > 0 {
		next := c.waiting[0]
		c.waiting[0] = start{}
		c.waiting = c.waiting[1:]
		if !next.stream.gone { // else it was reset while it waited, and is done
			c.running++
			c.server.workers.do(task{next, c})
			return
		}
		c.discharge(next.stream)
	}
	c.waiting = nil
}

func (c *conn) logf(format string, args ...any) {
	if c.http.ErrorLog != nil {
		c.http.ErrorLog.Printf(format, args...)
	}
}
