package h2

import (
	"errors"
	"net/http"
	"time"

	"golang.org/x/net/http2"
)

const (
	// A client that does not answer the ping which comes with the first GOAWAY gets the last one after this time.
	lastCallAfter = time.Second
	// lingerTime is how long a client may take to close a connection that we have ended. Closing it at once could destroy
	// what the client has not read yet, our last words included.
	lingerTime = time.Second
)

var leavingPing = [8]byte{'l', 'e', 'a', 'v', 'i', 'n', 'g'}

// ending is how far a connection is with its end. It belongs to conn.mu.
type ending struct {
	begun bool // the client was asked to open no more streams
	final bool // those that it opens all the same are ignored
	// retired says that the last frame is on its way, flushed is closed when it is written.
	retired bool
	flushed chan struct{}
	timer   *time.Timer
}

// leave ends the connection in order: the client opens no more streams, those that are open are completed (RFC 9113 §6.8).
// Which was the last one is said when the client must have read that, so that none of its requests is lost.
func (c *conn) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending.begun || c.err != nil {
		return
	}
	c.ending.begun = true
	_ = c.framer.WriteGoAway(maxWindow, http2.ErrCodeNo, nil)
	_ = c.framer.WritePing(false, leavingPing)
	c.ending.timer = time.AfterFunc(lastCallAfter, c.lastCall)
	c.kick()
}

// lastCall says which stream is the last.
func (c *conn) lastCall() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ending.begun || c.ending.final || c.err != nil {
		return
	}
	c.ending.timer.Stop()
	c.ending.final = true
	_ = c.framer.WriteGoAway(c.lastID, http2.ErrCodeNo, nil)
	c.retireWhenDone()
	c.kick()
}

// retireWhenDone ends a connection that is not to be used again when its last stream has ended. c.mu is held.
func (c *conn) retireWhenDone() {
	if c.ending.final && len(c.streams) == 0 {
		c.retire()
	}
}

// retire closes our half when all is written, and leaves the client some time to close the other. The reader ends with the
// one or the other. c.mu is held, and the caller must kick.
func (c *conn) retire() {
	if c.ending.retired || c.err != nil {
		return
	}
	c.ending.retired = true
	flushed := make(chan struct{})
	c.ending.flushed = flushed
	go func() {
		<-flushed
		c.linger()
	}()
}

func (c *conn) linger() {
	// Each of these fails only when the connection is closed already.
	_ = c.socket.SetReadDeadline(time.Now().Add(lingerTime))
	if c.below != nil {
		_ = c.below.release()
	}
	_ = c.socket.CloseWrite()
}

// farewell tells the client what it did wrong, where the connection ended for that reason, and waits until it has heard it.
func (c *conn) farewell(err error) {
	var fault http2.ConnectionError
	if !errors.As(err, &fault) {
		return
	}
	c.mu.Lock()
	if c.err != nil || c.ending.retired {
		c.mu.Unlock()
		return
	}
	_ = c.framer.WriteGoAway(c.lastID, http2.ErrCode(fault), nil)
	c.ending.begun, c.ending.final = true, true
	c.retire()
	for _, st := range c.streams {
		c.end(st, errConnEnded)
	}
	c.mu.Unlock()
	// A writer that waits for this client now waits no longer than the client may take to hear.
	_ = c.socket.NetConn().SetWriteDeadline(time.Now().Add(lingerTime))
	c.kick()
	// What still comes is of no interest. The loop ends with the client's end of the connection or linger's deadline, and
	// when the client takes nothing, with the writer's failure.
	for {
		if _, err := c.in.Discard(1 << 10); err != nil {
			return
		}
	}
}

// startTimer closes the connection when it has carried no stream for the server's idle time.
func (c *conn) startTimer() {
	if limit := c.idleLimit(); limit > 0 {
		c.mu.Lock()
		c.timer = time.AfterFunc(limit, c.tick)
		c.mu.Unlock()
	}
}

// tick is not moved by every request, which would cost more than looking now and then.
func (c *conn) tick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.ending.retired {
		return
	}
	limit := c.idleLimit()
	idle := time.Since(c.idleSince)
	switch {
	case len(c.streams) > 0:
		c.timer.Reset(limit)
	case idle < limit:
		c.timer.Reset(limit - idle)
	default:
		c.ending.begun, c.ending.final = true, true
		_ = c.framer.WriteGoAway(c.lastID, http2.ErrCodeNo, nil)
		c.retire()
		c.kick()
	}
}

func (c *conn) idleLimit() time.Duration { return idleLimit(c.http) }

// idleLimit is as net/http has it.
func idleLimit(srv *http.Server) time.Duration {
	if srv.IdleTimeout != 0 {
		return srv.IdleTimeout
	}
	return srv.ReadTimeout
}

func (c *conn) stopTimer() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range []*time.Timer{c.timer, c.ending.timer, c.crowded} {
		if t != nil {
			t.Stop()
		}
	}
}
