package h2

import (
	"errors"
	"io"
	"net/http"
	"os"
	"runtime"

	"golang.org/x/net/http2"

	contract "github.com/gatehouse-dev/gatehouse/handlers/stream"
)

// Detach implements stream.Detacher. The source is asked when the handler has returned.
func (w *response) Detach(source contract.Source) func() {
	st := w.stream
	if w.over {
		return func() {} // detached already, or too late
	}
	_ = w.FlushError() // a client that has gone is noticed when the source would be asked
	w.over = true
	releaseAnswerBuffer(w.buf)
	w.buf = nil
	st.source = source
	st.phase.Store(detached)
	return st.wake
}

// wake says that the source has something. Until the handler has returned that is not news: the source is asked then anyway.
func (st *stream) wake() {
	if st.phase.Load() == live && st.queued.CompareAndSwap(false, true) {
		st.conn.ready.add(st)
		st.conn.kick()
	}
}

// handOver makes the answer the writer's, when its handler has returned.
func (c *conn) handOver(w *response) {
	st := w.stream
	c.mu.Lock()
	st.handled = true
	c.discharge(st)
	if st.body != nil {
		st.body.closeLocked()
		st.body = nil
	}
	st.stopDeadlines()
	c.mu.Unlock()
	w.header, w.head = nil, nil
	st.phase.Store(live)
	c.schedule(st)
	c.write(nil)
}

// pull asks a source and adds a frame of what it gave; true when it is to be asked again. Called by the writer, and never
// with c.mu held: sources have locks of their own, under which they wake.
func (c *conn) pull(st *stream) bool {
	if st.phase.Load() == over {
		return false
	}
	c.mu.Lock()
	ask := st.err == nil && !st.localDone && !st.unfinished()
	if ask && c.shut(st) {
		c.level = len(c.out)
		c.mu.Unlock()
		return false
	}
	c.mu.Unlock()
	var piece []byte
	var err error
	if ask {
		piece, err = c.ask(st)
	}
	c.mu.Lock()
	if ask && st.err == nil {
		st.pending, st.ending = piece, errors.Is(err, io.EOF)
		if err != nil && !st.ending {
			c.reset(st, http2.ErrCodeInternal)
		}
	}
	idle := ask && len(piece) == 0 && err == nil
	if !idle {
		c.emit(st)
	}
	switch {
	case len(st.pending) == 0:
		c.hold(st, 0)
	case ask:
		c.hold(st, len(piece))
	}
	c.level = len(c.out)
	done, parked := st.gone || st.localDone, st.parked
	c.mu.Unlock()
	if done {
		c.endSource(st)
		return false
	}
	return !idle && !parked
}

// ask is Next, with a panic made an error: there is no handler any more whose goroutine could catch it.
func (c *conn) ask(st *stream) (piece []byte, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			c.logSource(reason)
			piece, err = nil, errCutByHandler
		}
	}()
	return st.source.Next()
}

// endSource tells a source that it is not asked any more.
func (c *conn) endSource(st *stream) {
	source := st.source
	st.source = nil
	st.phase.Store(over)
	c.mu.Lock()
	stalled := st.stalled || errors.As(st.err, new(errWrite)) && errors.Is(st.err, os.ErrDeadlineExceeded)
	c.mu.Unlock()
	defer c.ended(st)
	defer func() {
		if reason := recover(); reason != nil {
			c.logSource(reason)
		}
	}()
	source.Ended(stalled)
}

func (c *conn) logSource(reason any) {
	if reason == http.ErrAbortHandler {
		return
	}
	stack := make([]byte, 64<<10)
	stack = stack[:runtime.Stack(stack, false)]
	c.logf("http: panic serving %v: %v\n%s", c.blank.RemoteAddr, reason, stack)
}
