package h2

import (
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// put gives a stream something to send, pieces one after the other, and takes as much of it into the connection's buffer
// as there is room and window for. It returns false when the rest waits for the writer or the client; then the caller
// must not touch the pieces before await has returned. Somebody must write afterwards in any case.
func (c *conn) put(st *stream, head *head, first, second []byte, end bool) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if st.err != nil {
		return true, st.err
	}
	if st.localDone {
		return true, nil
	}
	if len(first) == 0 {
		first, second = second, nil
	}
	st.pending, st.after, st.ending = first, second, end
	if head != nil {
		done := head.bodiless || end && len(first) == 0 && len(st.trailers) == 0
		c.addHead(st.id, head, done)
		if done {
			st.pending, st.after = nil, nil
			c.localEnd(st)
			return true, nil
		}
	}
	if !st.unfinished() {
		return true, nil
	}
	for c.backlog || len(c.out) >= fillTo || c.emit(st) {
		if c.backlog || len(c.out) >= fillTo {
			c.schedule(st)
			return false, nil
		}
	}
	return !st.unfinished(), nil
}

// await returns when all that put left is in the connection's buffer, or nothing of it can be sent any more.
func (c *conn) await(st *stream) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for st.err == nil && st.unfinished() {
		st.changed.Wait()
	}
	return st.err
}

// unfinished says whether something that was put is still to be taken over. c.mu is held.
func (st *stream) unfinished() bool {
	return len(st.pending) > 0 || st.ending && !st.localDone
}

// emit adds one DATA frame of what the stream has, or its end, and says whether there is more that could go now. A stream
// that is held up by a window is scheduled when that opens. c.mu is held.
func (c *conn) emit(st *stream) bool {
	st.parked = false
	if st.err != nil || !st.unfinished() {
		return false
	}
	n := len(st.pending)
	if n > 0 {
		n = int(min(int64(n), int64(c.peer.frame), st.window, c.window))
		if n <= 0 {
			st.parked = true
			if st.window > 0 {
				c.starve(st)
			}
			return false
		}
	}
	last := n == len(st.pending) && len(st.after) == 0
	end := last && st.ending && len(st.trailers) == 0
	if n > 0 || end {
		c.addData(st.id, st.pending[:n], end)
		st.window -= int64(n)
		c.window -= int64(n)
	}
	if st.pending = st.pending[n:]; len(st.pending) == 0 {
		st.pending, st.after = st.after, nil
	}
	if !last {
		return true
	}
	if st.ending {
		if !end {
			c.addTrailers(st.id, st.trailers)
		}
		c.localEnd(st)
	}
	return false
}

// addData makes the frame in place: the Framer would copy the data once more.
func (c *conn) addData(id uint32, p []byte, end bool) {
	if c.out == nil {
		c.out = takeBuffer()
	}
	var flags http2.Flags
	if end {
		flags = http2.FlagDataEndStream
	}
	n := len(p)
	c.out = append(c.out, byte(n>>16), byte(n>>8), byte(n), byte(http2.FrameData), byte(flags), byte(id>>24), byte(id>>16), byte(id>>8), byte(id))
	c.out = append(c.out, p...)
}

func (c *conn) addTrailers(id uint32, trailers []hpack.HeaderField) {
	for _, f := range trailers {
		c.pack(f)
	}
	c.addBlock(id, true)
}

// pack packs a field behind those of the same header. The order in which headers are packed is the order in which they must
// be sent, so both happen under c.mu.
func (c *conn) pack(f hpack.HeaderField) {
	_ = c.encoder.WriteField(f) // it writes into memory
}

// addBlock makes frames of the fields that were packed.
func (c *conn) addBlock(id uint32, end bool) {
	rest := c.fields.Bytes()
	piece := rest[:min(len(rest), int(c.peer.frame))]
	rest = rest[len(piece):]
	// The Framer writes into memory, and refuses only what is never asked of it here.
	_ = c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: piece, EndStream: end, EndHeaders: len(rest) == 0})
	for len(rest) > 0 {
		piece = rest[:min(len(rest), int(c.peer.frame))]
		rest = rest[len(piece):]
		_ = c.framer.WriteContinuation(id, len(rest) == 0, piece)
	}
	c.fields.Reset()
}

// addReset adds a RST_STREAM.
func (c *conn) addReset(id uint32, code http2.ErrCode) {
	c.control++
	_ = c.framer.WriteRSTStream(id, code)
}
