package attack

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/gatehouse-dev/gatehouse/test/harness"
)

// Conn is a client that sends frames of HTTP/2 as it is told. It notes what it is told of its streams.
type Conn struct {
	target  *Target
	framer  *http2.Framer
	encoder *hpack.Encoder
	block   bytes.Buffer
	next    uint32

	mu sync.Mutex
	// statuses are those of the answers that have begun, bodies what came of them, resets how streams were ended, by stream.
	statuses map[uint32]string
	bodies   map[uint32][]byte
	resets   map[uint32]http2.ErrCode
	// retry are the values of Retry-After.
	retry  map[uint32]string
	pinged int
	gone   bool
	// ended are the streams that are over, whichever way.
	ended map[uint32]bool
}

// Dial connects and greets with settings. What the server says is read and noted from then on; pings are not answered. The
// window of the connection is large, so that only those of streams hold answers up.
func (a *Target) Dial(settings ...http2.Setting) *Conn {
	a.Helper()
	socket := a.Socket("h2")
	c := &Conn{target: a, framer: http2.NewFramer(socket, socket), next: 1, statuses: map[uint32]string{}, bodies: map[uint32][]byte{}, resets: map[uint32]http2.ErrCode{}, retry: map[uint32]string{}, ended: map[uint32]bool{}}
	c.framer.AllowIllegalWrites = true
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	c.encoder = hpack.NewEncoder(&c.block)
	_, err := io.WriteString(socket, http2.ClientPreface)
	if err = errors.Join(err, c.framer.WriteSettings(settings...), c.framer.WriteWindowUpdate(0, 1<<30)); err != nil {
		a.Fatal(err)
	}
	go c.read()
	c.Ping() // the server has taken the settings then
	return c
}

func (c *Conn) read() {
	for {
		f, err := c.framer.ReadFrame()
		c.mu.Lock()
		if err != nil {
			c.gone = true
			c.mu.Unlock()
			return
		}
		switch f := f.(type) {
		case *http2.MetaHeadersFrame:
			c.statuses[f.StreamID] = f.PseudoValue("status")
			c.ended[f.StreamID] = f.StreamEnded()
			for _, field := range f.RegularFields() {
				if field.Name == "retry-after" {
					c.retry[f.StreamID] = field.Value
				}
			}
		case *http2.DataFrame:
			c.bodies[f.StreamID] = append(c.bodies[f.StreamID], f.Data()...)
			c.ended[f.StreamID] = f.StreamEnded()
		case *http2.RSTStreamFrame:
			c.resets[f.StreamID] = f.ErrCode
			c.ended[f.StreamID] = true
		case *http2.PingFrame:
			if f.IsAck() {
				c.pinged++
			}
		}
		c.mu.Unlock()
	}
}

// Pack packs a request's header, with a token unless that is empty: more are further names and values.
func (c *Conn) Pack(method, path, token string, more ...string) []byte {
	c.block.Reset()
	fields := append([]string{":method", method, ":scheme", "https", ":path", path, ":authority", "attack"}, more...)
	if token != "" {
		fields = append(fields, "authorization", "Bearer "+token)
	}
	for i := 0; i < len(fields); i += 2 {
		if err := c.encoder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}); err != nil {
			c.target.Fatal(err)
		}
	}
	return slices.Clone(c.block.Bytes())
}

// Ask opens a stream with a packed header. A server that does not want to hear any more is no failure.
func (c *Conn) Ask(block []byte, end bool) uint32 {
	id := c.next
	c.next += 2
	_ = c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: block, EndStream: end, EndHeaders: true})
	return id
}

// List asks for a collection as the user without other rights.
func (c *Conn) List(path string) uint32 {
	return c.Ask(c.Pack("GET", path, harness.UserToken), true)
}

// Ping returns when the server has handled what was sent, or has gone.
func (c *Conn) Ping() {
	c.target.Helper()
	c.mu.Lock()
	before := c.pinged
	c.mu.Unlock()
	_ = c.framer.WritePing(false, [8]byte{})
	c.target.Wait("the answer to a ping", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.gone || c.pinged > before
	})
}

// Statuses counts the answers that have begun, by status.
func (c *Conn) Statuses() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	count := map[string]int{}
	for _, status := range c.statuses {
		count[status]++
	}
	return count
}

// Closed is how many streams are over, in whichever way.
func (c *Conn) Closed() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, over := range c.ended {
		if over {
			n++
		}
	}
	return n
}

// Over says whether a stream has ended, in whichever way.
func (c *Conn) Over(id uint32) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended[id] || c.gone
}

// Reset is how a stream was reset.
func (c *Conn) Reset(id uint32) (code http2.ErrCode, reset bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	code, reset = c.resets[id]
	return code, reset
}

// Ended waits until no answer that has begun is still open.
func (a *Target) Ended(c *Conn, ids []uint32) {
	a.Helper()
	a.Wait("the end of what is not taken", func() bool {
		return !slices.ContainsFunc(ids, func(id uint32) bool {
			status, _, _ := c.Answer(id)
			return status != "" && !c.Over(id)
		})
	})
}

// Answer is what came of one stream.
func (c *Conn) Answer(id uint32) (status, retry, body string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.statuses[id], c.retry[id], string(c.bodies[id])
}

// letters is a text that does not compress to nothing, of n letters.
func letters(n int) string {
	var b strings.Builder
	for seed := uint32(1); b.Len() < n; {
		seed = seed*1664525 + 1013904223
		b.WriteByte('a' + byte(seed>>16)%26)
		b.WriteByte('a' + byte(seed>>24)%26)
	}
	return b.String()[:n]
}
