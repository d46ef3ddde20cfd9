package h2

import "golang.org/x/net/http2"

// onWindowUpdate lets a stream, or all that wait for the connection's window, go on.
func (c *conn) onWindowUpdate(f *http2.WindowUpdateFrame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.StreamID == 0 {
		if c.window += int64(f.Increment); c.window > maxWindow {
			return connError(http2.ErrCodeFlowControl)
		}
		if c.feed() {
			c.kick()
		}
		return nil
	}
	st := c.streams[f.StreamID]
	if st == nil {
		return c.idleError(f.StreamID)
	}
	if st.window += int64(f.Increment); st.window > maxWindow {
		c.reset(st, http2.ErrCodeFlowControl)
		c.kick()
		return nil
	}
	if c.unpark(st) {
		c.kick()
	}
	return nil
}

// starve puts a stream on the list of those that wait for something of the connection's. c.mu is held, as in feed.
func (c *conn) starve(st *stream) {
	if !st.starved {
		st.starved = true
		c.starved = append(c.starved, st)
	}
}

// feed schedules them all, and says whether there were any; the caller must kick then.
func (c *conn) feed() bool {
	if len(c.starved) == 0 {
		return false
	}
	for i, st := range c.starved {
		c.starved[i], st.starved = nil, false
		c.schedule(st)
	}
	c.starved = c.starved[:0]
	return true
}

// unpark schedules a stream that was held up by a window. c.mu is held, and the caller must kick.
func (c *conn) unpark(st *stream) bool {
	if !st.parked || st.window <= 0 {
		return false
	}
	c.schedule(st)
	return true
}

// idleError is what a frame is answered with that names a stream which is not open: nothing when the stream was, because the
// frame was on its way then; a stream that the client has not opened yet is a fault. c.mu is held.
func (c *conn) idleError(id uint32) error {
	if id%2 == 0 || id > c.lastID && !c.ignored(id) {
		return connError(http2.ErrCodeProtocol)
	}
	return nil
}

// ignored says whether a stream was opened after our last word; what belongs to it may still come. c.mu is held.
func (c *conn) ignored(id uint32) bool { return c.ending.final && id > c.lastID }

// The client gets back its window of the connection as soon as it has used this much of it, whoever reads the data: what a
// client can make us keep is limited by the windows of the streams.
func (c *conn) creditEvery() int { return int(min(c.room/4, 1<<20)) }

// taken notes n bytes of DATA, padding included, and gives them back now and then. c.mu is held.
func (c *conn) taken(n int) {
	if c.unread += n; c.unread >= c.creditEvery() {
		_ = c.framer.WriteWindowUpdate(0, uint32(c.unread))
		c.unread = 0
		c.kick()
	}
}
