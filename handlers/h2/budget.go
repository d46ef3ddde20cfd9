package h2

import "time"

// Packed headers are small: each byte of a header can stand for a field of 4 KB that the client has sent once. So what they
// are unpacked to is counted while handlers may use it, for all requests of a connection together, those that were reset
// and those that wait for their turn included.

const (
	// streamBudget is what each stream adds to what the headers of a connection may cost together. A request with a token of
	// a service account costs about 4 KB.
	streamBudget = 16 << 10
	// fieldCost is what a field takes besides its name and value.
	fieldCost = 128
	// headerTime is how long a client may take for the CONTINUATION frames of a header where the server has no
	// ReadHeaderTimeout; what has come of it is kept meanwhile.
	headerTime = 30 * time.Second
)

// cost is what the fields take in memory, about.
func (b *block) cost() int { return b.size + fieldCost*len(b.fields) }

// affordable says whether a header may be kept as well: one that is within the limit for one alone, more within the
// connection's budget. c.mu is held, as in charge and discharge.
func (c *conn) affordable(cost int) bool {
	return c.cost == 0 || c.cost+cost <= c.server.MaxStreams*streamBudget
}

func (c *conn) charge(st *stream, cost int) {
	st.cost += cost
	c.cost += cost
}

// discharge is called when the handler has returned, or will never be run: what is left of the answer holds no header.
func (c *conn) discharge(st *stream) {
	c.cost -= st.cost
	st.cost = 0
}

// forbidPause limits the time for the rest of a header, once, at its first frame.
func (c *conn) forbidPause() error {
	if c.block.frames > 0 {
		return nil
	}
	limit := c.http.ReadHeaderTimeout
	if limit <= 0 {
		limit = headerTime
	}
	return c.setReadDeadline(time.Now().Add(limit))
}

// allowPause lets the client be silent again.
func (c *conn) allowPause() { _ = c.setReadDeadline(time.Time{}) }

// setReadDeadline leaves the connection's last deadline, which linger sets, as it is.
func (c *conn) setReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending.retired {
		return nil
	}
	return c.socket.SetReadDeadline(t)
}
