package h2

import (
	"time"

	"golang.org/x/net/http2"
)

// A source gives a piece of up to 64 KB, and when the window of its stream is too small for that, the rest of the piece waits:
// for as long as the client likes, since watches have no deadline. So a source is not asked while its window is shut, and the
// pieces of one connection that wait are bounded together.

// maxHeld is how much they may be. It is reached by more than thirty watches whose clients do not take what they asked for.
const maxHeld = 2 << 20

// shut says whether a source must not be asked yet. It is scheduled when it may be. c.mu is held, as in the rest of this file.
func (c *conn) shut(st *stream) bool {
	switch {
	case st.window <= 0:
		st.parked = true
		return true
	case c.window <= 0:
	case c.held < maxHeld:
		return false
	case c.crowded == nil:
		c.crowded = time.AfterFunc(c.server.StallTimeout, c.disperse)
	}
	c.starve(st)
	return true
}

// hold notes that of n bytes that a source gave some have to wait, or with 0 that none does any more. The caller must kick.
func (c *conn) hold(st *stream, n int) {
	if n == st.held {
		return
	}
	c.held += n - st.held
	if st.held = n; n > 0 {
		st.heldSince = time.Now()
	} else if c.crowded != nil && c.held < maxHeld {
		c.feed()
	}
}

// disperse resets the streams whose pieces have waited for a stall's time while others had to wait for them.
func (c *conn) disperse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.crowded = nil
	if c.err != nil || c.held < maxHeld {
		return
	}
	for _, st := range c.streams {
		if st.held > 0 && time.Since(st.heldSince) >= c.server.StallTimeout {
			st.stalled = true
			c.reset(st, http2.ErrCodeEnhanceYourCalm)
		}
	}
	if c.held >= maxHeld {
		c.crowded = time.AfterFunc(c.server.StallTimeout, c.disperse)
	}
	c.feed()
	c.kick()
}
