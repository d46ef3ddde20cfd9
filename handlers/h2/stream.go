package h2

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	contract "github.com/gatehouse-dev/gatehouse/handlers/stream"
)

// Whose an answer is. Up to live it is the handler's, then the writer's.
const (
	attached int32 = iota
	detached       // Detach was called, and the handler has not returned
	live
	over
)

// stream is one request and its answer, as the connection sees it. It holds nothing of the request: while a source waits,
// this is all that is left. Fields belong to conn.mu unless they say otherwise.
type stream struct {
	id     uint32             // set once, as the next two
	conn   *conn              //
	cancel context.CancelFunc // ends the request's context

	// gone is set when the stream is closed; with err when it was cut off.
	gone bool
	err  error
	// localDone and remoteDone say that END_STREAM was sent and received, handled that the handler has returned.
	localDone, remoteDone, handled bool

	// pending is being sent, after what follows it. With ending the answer ends there, with trailers if there are any.
	pending, after []byte
	trailers       []hpack.HeaderField
	ending         bool
	parked         bool // holds something that waits for a window
	starved        bool // is on the connection's list of those that wait for its window, or for room
	stalled        bool // was reset because it holds others up
	held           int  // what its source gave last, as long as some of it is not taken; see held.go
	heldSince      time.Time
	window         int64
	changed        sync.Cond

	body   *body // nil when there is none, and after the handler
	timers *deadlines
	cost   int // of the request's header, while its handler may use that; see budget.go

	queued atomic.Bool  // on the ready list
	phase  atomic.Int32 // whose the answer is
	source contract.Source
}

// start is a request whose handler is to be run.
type start struct {
	stream   *stream
	response *response
}

func (c *conn) newStream(id uint32, cancel context.CancelFunc) *stream {
	st := &stream{id: id, conn: c, cancel: cancel, window: int64(c.peer.window)}
	st.changed.L = &c.mu
	return st
}

// localEnd notes that END_STREAM was sent. c.mu is held, as in the rest of this file.
func (c *conn) localEnd(st *stream) {
	st.localDone = true
	c.settle(st)
}

// settle closes a stream whose answer is complete and whose handler is done. A client that is still sending its request is
// told that nobody will read the rest (RFC 9113 §8.1).
func (c *conn) settle(st *stream) {
	switch {
	case st.gone || !st.localDone:
	case st.remoteDone:
		c.end(st, nil)
	case st.handled:
		c.addReset(st.id, http2.ErrCodeNo)
		c.recent.add(st.id, true)
		c.end(st, nil)
	}
}

// reset closes a stream with an error of ours.
func (c *conn) reset(st *stream, code http2.ErrCode) {
	if st.gone {
		return
	}
	c.addReset(st.id, code)
	c.recent.add(st.id, true)
	c.end(st, errReset{code})
}

// end takes a stream off the connection. With an error its request's context ends at once; otherwise it ends with the
// handler. A source that is cut off has to be told by the writer, so the caller must kick.
func (c *conn) end(st *stream, err error) {
	if st.gone {
		return
	}
	st.gone, st.err = true, err
	st.pending, st.after = nil, nil
	if st.timers != nil {
		st.timers.read.stop()
		st.timers.write.stop()
	}
	delete(c.streams, st.id)
	c.hold(st, 0)
	if st.starved {
		st.starved = false
		c.starved = slices.DeleteFunc(c.starved, func(other *stream) bool { return other == st })
	}
	c.recent.add(st.id, false)
	if st.body != nil && err != nil {
		st.body.fail(err)
	}
	st.changed.Broadcast()
	if err != nil {
		if st.phase.Load() == attached {
			st.cancel()
		} else {
			c.schedule(st)
		}
	}
	if len(c.streams) == 0 {
		c.idleSince = time.Now()
		if c.err == nil {
			c.hook(http.StateIdle)
		}
		c.retireWhenDone()
	}
}

// recent remembers the streams that were closed last. What comes for one that we have reset was on its way and is no fault.
type recent struct {
	ring [64]struct {
		id    uint32
		reset bool
	}
	next int
}

func (r *recent) add(id uint32, reset bool) {
	if _, known := r.find(id); known {
		return
	}
	r.ring[r.next] = struct {
		id    uint32
		reset bool
	}{id, reset}
	r.next = (r.next + 1) % len(r.ring)
}

func (r *recent) find(id uint32) (reset, known bool) {
	for i := range r.ring {
		if r.ring[i].id == id {
			return r.ring[i].reset, true
		}
	}
	return false, false
}
