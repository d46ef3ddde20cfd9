package h2

import (
	"io"
	"net/http"
	"slices"
	"time"

	"golang.org/x/net/http2"
)

// body is a request's body: the reader of the connection fills it, the handler empties it. What it holds is limited by the
// window that the client was given. Its fields belong to conn.mu.
type body struct {
	stream *stream
	data   []byte
	off    int
	err    error // after the data
	closed bool  // nobody reads any more
	// swallowing says that what comes is given back at once.
	swallowing bool
	// window is how much more the client may send, unread what was read and not given back yet.
	window, unread int
	give           int // after how much it is given back
	// left is what Content-Length promises beyond what came; negative when it promises nothing.
	left int64
	// expects is set until a client that waits for it has been told to go on.
	expects bool
	// trailer is the request's, for those it has announced; received are those that came.
	trailer  http.Header
	received []field
}

func newBody(st *stream, r *http.Request, window int) *body {
	b := &body{stream: st, window: window, give: window / 4, left: r.ContentLength, trailer: r.Trailer}
	if expect := r.Header["Expect"]; len(expect) > 0 && httpTokensContain(expect, "100-continue") {
		delete(r.Header, "Expect")
		b.expects = true
	}
	return b
}

// take adds what came, and says whether that breaks a rule. length is that of the frame. c.mu is held.
func (b *body) take(p []byte, length int) (http2.ErrCode, bool) {
	if b.window -= length; b.window < 0 {
		return http2.ErrCodeFlowControl, true
	}
	if b.left >= 0 {
		if b.left -= int64(len(p)); b.left < 0 {
			return http2.ErrCodeProtocol, true
		}
	}
	b.unread += length - len(p) // nobody reads padding
	if b.swallowing {
		b.unread += len(p)
		if b.giveBack(0) {
			b.stream.conn.kick()
		}
	}
	if b.closed || len(p) == 0 {
		return 0, false
	}
	b.room(len(p))
	b.data = append(b.data, p...)
	b.stream.changed.Broadcast()
	return 0, false
}

// firstRoom is what a body gets that is to become larger. Its client may have promised much and send nothing more.
const firstRoom = 16 << 10

// room makes room for n more bytes, which left and window count already, and for what is to come: up to twice what there was.
func (b *body) room(n int) {
	if len(b.data)+n > cap(b.data) && b.off > 0 {
		// A reader that is always a little behind must not make us keep all that it has read.
		b.data, b.off = b.data[:copy(b.data, b.data[b.off:])], 0
	}
	need := len(b.data) + n
	if need <= cap(b.data) {
		return
	}
	size := 2 * cap(b.data)
	if b.left >= 0 {
		size = int(min(int64(max(size, firstRoom)), int64(need)+b.left))
	}
	size = max(need, min(size, need+b.window))
	b.data = append(make([]byte, 0, size), b.data...)
}

// complete notes the end; false when Content-Length promises more.
func (b *body) complete() bool {
	if b.left > 0 {
		return false
	}
	b.fail(io.EOF)
	return true
}

// fail makes reads return an error after what is there. c.mu is held.
func (b *body) fail(err error) {
	if b.err == nil {
		b.err = err
		b.stream.changed.Broadcast()
	}
}

// Read gives what has come, and waits when that is nothing.
func (b *body) Read(p []byte) (int, error) {
	st := b.stream
	c := st.conn
	c.mu.Lock()
	if b.expects && !b.closed && b.err == nil {
		b.expects = false
		if !st.localDone {
			c.addInformation(st.id, http.StatusContinue, nil)
			c.mu.Unlock()
			c.write(st)
			c.mu.Lock()
		}
	}
	for len(p) > 0 && !b.closed && b.off == len(b.data) && b.err == nil {
		st.changed.Wait()
	}
	if b.closed {
		c.mu.Unlock()
		return 0, http.ErrBodyReadAfterClose
	}
	n := copy(p, b.data[b.off:])
	if b.off += n; b.off == len(b.data) {
		b.data, b.off = b.data[:0], 0
		if b.err != nil {
			b.data = nil
		}
	}
	var err error
	if n == 0 && len(p) > 0 {
		if err = b.err; err == io.EOF {
			b.copyTrailer()
		}
	}
	gave := b.giveBack(n)
	c.mu.Unlock()
	if gave {
		c.write(st)
	}
	return n, err
}

// giveBack lets the client send as much again as was read, once that is worth a frame. c.mu is held.
func (b *body) giveBack(n int) bool {
	st := b.stream
	if b.unread += n; b.unread < b.give || st.remoteDone || st.gone {
		return false
	}
	_ = st.conn.framer.WriteWindowUpdate(st.id, uint32(b.unread))
	b.window += b.unread
	b.unread = 0
	return true
}

// copyTrailer fills in the trailers that were announced. The handler does that when it reads the end, because the map is its.
func (b *body) copyTrailer() {
	for _, f := range b.received {
		if _, announced := b.trailer[f.name]; announced {
			b.trailer[f.name] = append(slices.Clip(b.trailer[f.name]), f.value)
		}
	}
	b.received = nil
}

// Close drops what is left. The client is told at the end of the answer that nobody wants the rest.
func (b *body) Close() error {
	c := b.stream.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	b.closeLocked()
	return nil
}

// swallowTime is how long the end of an answer waits for the rest of a request that nobody reads.
const swallowTime = 500 * time.Millisecond

// swallow closes the body of a request whose handler is done, and takes in the rest of it for a while, as net/http does with
// HTTP/1.1. Almost every client sends all of its request before it reads the answer, and curl 7.88 for one loses an answer, or
// waits for ever, when that is complete before. A client that waits to be told to go on sends no rest. c.mu is held.
func (b *body) swallow() {
	st := b.stream
	b.closeLocked()
	if st.remoteDone || st.gone || b.expects {
		return
	}
	b.swallowing = true
	late := false
	timer := time.AfterFunc(swallowTime, func() {
		st.conn.mu.Lock()
		late = true
		st.changed.Broadcast()
		st.conn.mu.Unlock()
	})
	b.unread = st.conn.server.UploadWindow - b.window
	if b.giveBack(0) {
		st.conn.kick()
	}
	for !st.remoteDone && !st.gone && !late {
		st.changed.Wait()
	}
	timer.Stop()
	b.swallowing = false
}

func (b *body) closeLocked() {
	b.closed = true
	b.data, b.off = nil, 0
	b.stream.changed.Broadcast()
}
