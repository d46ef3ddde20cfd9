package h2

import "time"

// drain is the writer: it gathers what there is and writes it, until nothing is left. At most one runs for a connection,
// since only the goroutine that made c.work 1 calls it. Only it reads from sources.
func (c *conn) drain(own *stream) {
	for {
		seen := c.work.Load()
		c.fill()
		wrote := c.flush()
		if !c.waitingTurn() {
			c.releaseSpare()
			// Everything that was added before seen was read is written; what came later changes the number.
			if c.work.CompareAndSwap(seen, 0) {
				return
			}
		}
		if own != nil && wrote && c.served(own) {
			c.server.workers.do(task{conn: c})
			return
		}
	}
}

// fill gives each stream that is ready a turn, and those that have more another one, until the buffer is full. What was
// added without a turn, frames that are not subject to flow control above all, is in the buffer already.
func (c *conn) fill() {
	c.mu.Lock()
	c.level = len(c.out)
	c.mu.Unlock()
	for c.level < fillTo {
		if c.next == len(c.turns) {
			c.turns, c.next = c.ready.take(c.turns[:0]), 0
			if len(c.turns) == 0 {
				return
			}
		}
		st := c.turns[c.next]
		c.turns[c.next] = nil
		c.next++
		st.queued.Store(false) // before it is asked: a wake from now on counts for the next turn
		if c.turn(st) {
			c.schedule(st)
		}
	}
}

func (c *conn) waitingTurn() bool { return c.next < len(c.turns) || !c.ready.empty() }

// turn lets a stream add one frame, and says whether it wants another one.
func (c *conn) turn(st *stream) bool {
	if st.phase.Load() >= live {
		return c.pull(st)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	again := c.emit(st)
	c.level = len(c.out)
	if !st.unfinished() {
		st.changed.Broadcast()
	}
	return again
}

func (c *conn) served(st *stream) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return st.err != nil || !st.unfinished()
}

// flush writes what is gathered and says whether there was anything.
func (c *conn) flush() bool {
	waiting := c.waitingTurn()
	c.mu.Lock()
	full, failed, flushed := c.out, c.err != nil, c.ending.flushed
	c.out, c.spare = c.spare, nil
	c.control, c.backlog, c.ending.flushed = 0, waiting, nil
	c.mu.Unlock()
	wrote := len(full) > 0 && !failed
	if wrote {
		if err := c.send(full); err != nil {
			c.fail(errWrite{err})
		}
	}
	if cap(full) == bufferSize {
		c.spare = full[:0]
	}
	if flushed != nil {
		close(flushed)
	}
	return wrote
}

// send writes below TLS what TLS has made of all of it.
func (c *conn) send(p []byte) error {
	if c.below == nil { // else that limits its writes itself
		if err := c.socket.SetWriteDeadline(time.Now().Add(c.server.StallTimeout)); err != nil {
			return err
		}
	}
	if _, err := c.socket.Write(p); err != nil {
		return err
	}
	if c.below != nil {
		return c.below.push()
	}
	return nil
}

// releaseSpare gives the buffers back before the connection is idle.
func (c *conn) releaseSpare() {
	if c.spare != nil {
		releaseBuffer(c.spare)
		c.spare = nil
	}
	c.mu.Lock()
	if c.out != nil && len(c.out) == 0 {
		releaseBuffer(c.out)
		c.out = nil
	}
	c.mu.Unlock()
}
