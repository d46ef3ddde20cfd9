// Package h1 carries answers on after their handlers have returned, over HTTP/1.1; see package stream. net/http keeps a
// goroutine with the stack that the handler has grown, another one, two buffers and the whole request for every answer that
// is under way. A watch that waits needs none of it: here it keeps its connection and one small goroutine, which notices
// that the client has gone.
//
// The connection is taken from net/http, which cannot get it back, so such an answer is the last on its connection and says
// so (RFC 9112, section 9.6).
package h1

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Carrier gives handlers a writer that is a stream.Detacher, and keeps account of the answers that it carries. Its zero
// value is ready; it is safe for concurrent use.
type Carrier struct {
	// StallTimeout is how long a client may take nothing of what there is to send, before its connection is closed. 0 means
	// half a minute, as over HTTP/2.
	StallTimeout time.Duration

	mu sync.Mutex
	// carried are the answers under way. closed says that there are to be no more; none is closed when the last has ended, and
	// nil while nobody waits for that.
	carried map[*answer]struct{}
	closed  bool
	none    chan struct{}
}

const defaultStallTimeout = 30 * time.Second

func (c *Carrier) stall() time.Duration {
	if c.StallTimeout > 0 {
		return c.StallTimeout
	}
	return defaultStallTimeout
}

// Handler is next, with such a writer for the requests that lasts picks. What it does not pick, and what does not come over
// HTTP/1.1, is left as it is.
func (c *Carrier) Handler(next http.Handler, lasts func(*http.Request) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 1 || r.ProtoMinor == 0 || !lasts(r) {
			next.ServeHTTP(w, r)
			return
		}
		held := &response{ResponseWriter: w, carrier: c}
		next.ServeHTTP(held, r)
		held.begin()
	})
}

// add is false when the carrier was closed.
func (c *Carrier) add(a *answer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	if c.carried == nil {
		c.carried = map[*answer]struct{}{}
	}
	c.carried[a] = struct{}{}
	return true
}

func (c *Carrier) remove(a *answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.carried, a)
	c.tell()
}

// empty is closed when nothing is carried any more.
func (c *Carrier) empty() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.none == nil {
		c.none = make(chan struct{})
	}
	none := c.none
	c.tell()
	return none
}

// tell wakes waiters when nothing is carried. c.mu is held.
func (c *Carrier) tell() {
	if c.none != nil && len(c.carried) == 0 {
		close(c.none)
		c.none = nil
	}
}

// Shutdown waits until the answers have ended, which their sources have to see to, or ctx ends; it has the error of ctx
// then. http.Server.Shutdown knows nothing of them.
func (c *Carrier) Shutdown(ctx context.Context) error {
	select {
	case <-c.empty():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close cuts off what is carried, and carries nothing from now on. The sources of all that was carried have been
// told when it returns.
func (c *Carrier) Close() {
	c.mu.Lock()
	c.closed = true
	carried := slices.Collect(maps.Keys(c.carried))
	c.mu.Unlock()
	for _, a := range carried {
		a.cut()
		a.wake()
	}
	<-c.empty()
}
