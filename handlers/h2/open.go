package h2

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"golang.org/x/net/http2"
)

// open takes a new request, or refuses it.
func (c *conn) open(b *block) error {
	c.mu.Lock()
	if c.err != nil || c.ending.final {
		c.mu.Unlock() // it came after our last word; the client knows that it was not processed
		return nil
	}
	c.lastID = b.id
	many := len(c.streams) >= c.server.MaxStreams || !c.affordable(b.cost())
	c.mu.Unlock()
	switch {
	case many:
		return streamError(b.id, http2.ErrCodeRefusedStream)
	case b.bad || b.selfish:
		return streamError(b.id, http2.ErrCodeProtocol)
	case b.tooLarge:
		return c.openTooLarge(b)
	}
	ctx, cancel := context.WithCancel(c.ctx)
	request, err := c.request(ctx, b)
	if err != nil {
		cancel()
		return err
	}
	if chance := c.server.LeaveChance; chance > 0 && rand.Float64() < chance {
		c.leave()
	}
	return c.begin(b, request, cancel, c.handler)
}

// begin opens the stream of a request, whose context cancel ends, and runs its handler, now or when one of those before it
// has ended.
func (c *conn) begin(b *block, request *http.Request, cancel context.CancelFunc, handler http.Handler) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		cancel()
		return nil
	}
	st := c.newStream(b.id, cancel)
	w := &response{stream: st, handler: handler, request: request, header: http.Header{}, isHead: request.Method == http.MethodHead}
	st.remoteDone = b.end
	c.charge(st, b.cost())
	if !b.end {
		st.body = newBody(st, request, c.server.UploadWindow)
		request.Body = st.body
	}
	if len(c.streams) == 0 {
		c.hook(http.StateActive)
	}
	c.streams[b.id] = st
	if c.http.ReadTimeout > 0 && st.body != nil {
		st.setReadDeadline(time.Now().Add(c.http.ReadTimeout))
	}
	if c.http.WriteTimeout > 0 {
		w.writeBy = time.Now().Add(c.http.WriteTimeout)
	}
	if c.running < c.server.MaxStreams {
		c.running++
		c.server.workers.do(task{start{st, w}, c})
		return nil
	}
	// Streams that were reset have left their handlers behind.
	if len(c.waiting) >= 4*c.server.MaxStreams {
		return connError(http2.ErrCodeEnhanceYourCalm)
	}
	c.waiting = append(c.waiting, start{st, w})
	return nil
}

// openTooLarge answers a request whose fields were too many to keep.
func (c *conn) openTooLarge(b *block) error {
	ctx, cancel := context.WithCancel(c.ctx)
	request := c.blank.WithContext(ctx)
	request.Method, request.Header = http.MethodGet, http.Header{}
	return c.begin(b, request, cancel, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "431 Request Header Fields Too Large", http.StatusRequestHeaderFieldsTooLarge)
	}))
}
