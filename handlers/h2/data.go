package h2

import "golang.org/x/net/http2"

// onData takes a piece of a request's body.
func (c *conn) onData(f *http2.DataFrame) error {
	data := f.Data()
	if len(data) == 0 && !f.StreamEnded() {
		c.useless++
	} else {
		c.useless = 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// Padding counts too, and so does what is dropped.
	c.taken(int(f.Length))
	st := c.streams[f.StreamID]
	if st == nil {
		if err := c.idleError(f.StreamID); err != nil {
			return err
		}
		if reset, known := c.recent.find(f.StreamID); known && reset || c.ignored(f.StreamID) {
			return nil
		}
		return streamError(f.StreamID, http2.ErrCodeStreamClosed)
	}
	if st.remoteDone {
		return streamError(f.StreamID, http2.ErrCodeStreamClosed)
	}
	if st.body != nil {
		if code, bad := st.body.take(data, int(f.Length)); bad {
			return streamError(f.StreamID, code)
		}
	}
	if f.StreamEnded() {
		return c.remoteEnd(st)
	}
	return nil
}

// remoteEnd notes that the client has sent all of its request. c.mu is held.
func (c *conn) remoteEnd(st *stream) error {
	st.remoteDone = true
	st.changed.Broadcast()
	if st.body != nil && !st.body.complete() {
		return streamError(st.id, http2.ErrCodeProtocol)
	}
	c.settle(st)
	if st.gone {
		c.kick() // it may have been what the end of the connection waited for
	}
	return nil
}
