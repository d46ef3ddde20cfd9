package h2

import (
	"strings"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// More CONTINUATION frames than this are an attack: the largest header that is accepted fits in 64 full ones.
const maxContinuations = 128

// block is a header that is being read.
type block struct {
	id     uint32
	end    bool // END_STREAM
	fields []hpack.HeaderField
	frames int
	// left is what more fields may have; tooLarge that some were dropped, beyond how much of the block is still unpacked.
	left     int64
	size     int // of all fields, names and values
	tooLarge bool
	beyond   int64
	regular  bool // a field that is no pseudo-header was seen
	bad      bool
	selfish  bool // depends on itself
}

func (c *conn) onHeaders(f *http2.HeadersFrame) error {
	c.block = block{id: f.StreamID, end: f.StreamEnded(), fields: c.block.fields[:0], left: int64(c.maxHeader), beyond: 2 * int64(c.maxHeader)}
	c.block.selfish = f.HasPriority() && f.Priority.StreamDep == f.StreamID
	c.decoder.SetEmitEnabled(true)
	return c.fragment(f.HeaderBlockFragment(), f.HeadersEnded())
}

// onContinuation gets frames only behind those they continue; the Framer sees to that.
func (c *conn) onContinuation(f *http2.ContinuationFrame) error {
	if c.block.frames++; c.block.frames > maxContinuations {
		return connError(http2.ErrCodeEnhanceYourCalm)
	}
	return c.fragment(f.HeaderBlockFragment(), f.HeadersEnded())
}

// fragment unpacks a part of a header. Even a header that is refused is unpacked, because later ones refer to it; one that is
// far too large ends the connection instead.
func (c *conn) fragment(p []byte, last bool) error {
	b := &c.block
	if b.beyond -= int64(len(p)); b.beyond < 0 || (b.tooLarge || b.bad) && b.frames > 0 {
		return connError(http2.ErrCodeEnhanceYourCalm)
	}
	if _, err := c.decoder.Write(p); err != nil {
		return connError(http2.ErrCodeCompression)
	}
	if !last {
		return c.forbidPause()
	}
	if err := c.decoder.Close(); err != nil {
		return connError(http2.ErrCodeCompression)
	}
	if b.frames > 0 {
		c.allowPause()
	}
	err := c.onHeader(b)
	// The fields hold the strings of the request; what is small enough to be kept for the next one must not.
	clear(b.fields)
	if cap(b.fields) > 64 {
		b.fields = nil
	}
	return err
}

// field gets each field of a header in turn.
func (c *conn) field(f hpack.HeaderField) {
	b := &c.block
	if b.left -= int64(f.Size()); b.left < 0 {
		b.tooLarge = true
		c.decoder.SetEmitEnabled(false)
		return
	}
	if f.IsPseudo() {
		b.bad = b.bad || b.regular
	} else {
		b.regular = true
		b.bad = b.bad || !validName(f.Name)
	}
	if b.bad = b.bad || !httpguts.ValidHeaderFieldValue(f.Value); b.bad {
		c.decoder.SetEmitEnabled(false)
		return
	}
	b.fields = append(b.fields, f)
	b.size += len(f.Name) + len(f.Value)
}

// validName says whether a field's name is one, in lower case (RFC 9113 §8.2.1), and does not concern the connection (§8.2.2).
func validName(name string) bool {
	if name == "" {
		return false
	}
	for i := range len(name) {
		if ch := name[i]; 'A' <= ch && ch <= 'Z' || !httpguts.IsTokenRune(rune(ch)) {
			return false
		}
	}
	return !aboutConnection(name)
}

func aboutConnection(name string) bool {
	switch name {
	case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade":
		return true
	}
	return false
}

// onHeader decides what a complete header is: a new request, a request's trailers, or a fault.
func (c *conn) onHeader(b *block) error {
	c.mu.Lock()
	st, last := c.streams[b.id], c.lastID
	reset, known := c.recent.find(b.id)
	c.mu.Unlock()
	switch {
	case b.id%2 == 0:
		return connError(http2.ErrCodeProtocol)
	case st != nil:
		return c.onTrailers(st, b)
	case b.id <= last && known && reset:
		return nil
	case b.id <= last && known:
		return connError(http2.ErrCodeStreamClosed)
	case b.id <= last:
		return connError(http2.ErrCodeProtocol)
	}
	return c.open(b)
}

// onTrailers takes the end of a request's body.
func (c *conn) onTrailers(st *stream, b *block) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case st.gone:
		return nil
	case st.remoteDone:
		return streamError(b.id, http2.ErrCodeStreamClosed)
	case !b.end || b.bad || b.tooLarge || b.selfish:
		return streamError(b.id, http2.ErrCodeProtocol)
	}
	for _, f := range b.fields {
		if strings.HasPrefix(f.Name, ":") {
			return streamError(b.id, http2.ErrCodeProtocol)
		}
	}
	if st.body != nil && st.body.trailer != nil && !st.handled {
		if !c.affordable(b.cost()) {
			return streamError(b.id, http2.ErrCodeEnhanceYourCalm)
		}
		c.charge(st, b.cost())
		for _, f := range b.fields {
			st.body.received = append(st.body.received, field{c.canonical(f.Name), f.Value})
		}
	}
	return c.remoteEnd(st)
}
