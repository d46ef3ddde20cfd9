package h2

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// conn is one connection. Its fields are in groups by their owner or lock.
type conn struct {
	// Set once.
	server    *server
	http      *http.Server
	socket    *tls.Conn
	below     *gather // nil where the listener was not made by Listener
	state     *tls.ConnectionState
	handler   http.Handler
	ctx       context.Context
	blank     http.Request // what all requests have
	framer    *http2.Framer
	maxHeader uint32

	// The reader's own.
	in      *bufio.Reader
	decoder *hpack.Decoder
	block   block
	useless int // frames in a row that carry nothing
	names   map[string]string

	mu      sync.Mutex
	streams map[uint32]*stream
	lastID  uint32 // the newest stream that the client has opened
	recent  recent
	// running counts handlers and sources that have not ended, those of streams that the client has reset included;
	// waiting are requests beyond that.
	running int
	waiting []start
	// err is set when nothing can be sent any more.
	err error
	// out is what goes out with the next write; control counts frames in it that the client can cause for nothing.
	out       []byte
	control   int
	encoder   *hpack.Encoder
	fields    bytes.Buffer
	backlog   bool // streams wait their turn: a new one queues behind them
	peer      settings
	window    int64 // what the client takes of all streams together
	starved   []*stream
	held      int         // what sources gave and windows hold up; see held.go
	crowded   *time.Timer // runs while sources wait because of that
	unread    int         // what the client has sent and not been given back, of the window of the whole connection
	cost      int         // of the headers of all requests whose handlers have not returned; see budget.go
	room      int64
	ending    ending
	idleSince time.Time
	timer     *time.Timer

	// work counts what has been added since the writer last saw everything done; the goroutine that makes it 1 is the writer.
	work  atomic.Int64
	ready readyList

	// The writer's own.
	turns []*stream
	next  int
	level int
	spare []byte
}

func newConn(ctx context.Context, s *server, srv *http.Server, socket *tls.Conn, handler http.Handler) *conn {
	state := socket.ConnectionState()
	c := &conn{
		server: s, http: srv, socket: socket, state: &state, handler: handler, ctx: ctx,
		in: bufio.NewReader(socket), streams: map[uint32]*stream{}, names: map[string]string{}, maxHeader: headerLimit(srv),
		peer: defaultSettings, window: initialWindow, room: connectionWindow(s.Options), idleSince: time.Now(),
	}
	c.blank = http.Request{Proto: "HTTP/2.0", ProtoMajor: 2, RemoteAddr: socket.RemoteAddr().String(), TLS: c.state, Body: http.NoBody}
	c.below, _ = socket.NetConn().(*gather)
	c.framer = http2.NewFramer(outWriter{c}, c.in)
	c.framer.SetReuseFrames()
	c.framer.SetMaxReadFrameSize(maxFrame)
	c.decoder = hpack.NewDecoder(tableSize, c.field)
	c.decoder.SetMaxStringLength(int(c.maxHeader))
	c.encoder = hpack.NewEncoder(&c.fields)
	return c
}

// outWriter is where the Framer writes: frames are only made while c.mu is held.
type outWriter struct{ c *conn }

func (w outWriter) Write(p []byte) (int, error) {
	w.c.add(p)
	return len(p), nil
}

// add puts bytes behind what goes out next. c.mu is held.
func (c *conn) add(p []byte) {
	if c.out == nil {
		c.out = takeBuffer()
	}
	c.out = append(c.out, p...)
}

// serve reads until the connection ends, and returns when nothing of it is left but handlers that have not noticed yet.
func (c *conn) serve() {
	defer c.socket.Close()
	if c.below != nil {
		c.below.hold(c.server.StallTimeout)
	}
	c.hook(http.StateActive)
	c.hook(http.StateIdle)
	c.greet()
	c.kick()
	c.startTimer()
	err := c.read()
	c.farewell(err)
	c.fail(errClientGone)
	c.stopTimer()
	c.write(nil) // the sources that were cut off are told so
}

// hook is called with states of connections; the others, new and closed, are reported by net/http.
func (c *conn) hook(state http.ConnState) {
	if c.http.ConnState != nil {
		c.http.ConnState(c.socket, state)
	}
}

// fail ends everything: nothing can be sent any more. Handlers get the error from their next write or read.
func (c *conn) fail(err error) {
	c.mu.Lock()
	if c.err != nil {
		c.mu.Unlock()
		return
	}
	c.err = err
	for _, st := range c.streams {
		c.end(st, err)
	}
	for _, s := range c.waiting {
		s.stream.cancel()
	}
	c.waiting = nil
	if c.ending.flushed != nil {
		close(c.ending.flushed)
		c.ending.flushed = nil
	}
	c.mu.Unlock()
	// Below TLS: a farewell cannot be sent, and trying might wait.
	_ = c.socket.NetConn().Close()
	c.kick()
}
