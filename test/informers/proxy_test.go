package informers

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// proxy is the network between clients and the server: an address that stays when the server moves, and connections that
// can be cut, refused and slowed down.
type proxy struct {
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex
	backend string
	open    map[net.Conn]bool
	refuse  bool
	// rate is how many bytes per second an answer may have; 0 means all.
	rate   int
	closed bool
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, open: map[net.Conn]bool{}}
	p.running.Go(p.accept)
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		p.set(func() { p.closed = true })
		p.cut()
		p.running.Wait()
	})
	return p
}

func (p *proxy) url() string { return "https://" + p.listener.Addr().String() }

func (p *proxy) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// lead makes new connections go to a server.
func (p *proxy) lead(url string) { p.set(func() { p.backend = strings.TrimPrefix(url, "https://") }) }

// slow limits each connection; 0 lifts the limit.
func (p *proxy) slow(bytesPerSecond int) { p.set(func() { p.rate = bytesPerSecond }) }

// cut ends all connections where they are.
func (p *proxy) cut() {
	p.set(func() {
		for c := range p.open {
			c.Close() // that it has ended by itself is as good
		}
	})
}

// block cuts and lets nobody in until it is called again with false.
func (p *proxy) block(on bool) {
	p.set(func() { p.refuse = on })
	if on {
		p.cut()
	}
}

func (p *proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.serve(c) })
	}
}

// keep registers a connection, unless none is wanted.
func (p *proxy) keep(c net.Conn) (ok bool) {
	p.set(func() {
		if ok = !p.refuse && !p.closed; ok {
			p.open[c] = true
		}
	})
	if !ok {
		c.Close()
	}
	return ok
}

func (p *proxy) forget(c net.Conn) {
	p.set(func() { delete(p.open, c) })
	c.Close()
}

func (p *proxy) serve(client net.Conn) {
	var backend string
	p.set(func() { backend = p.backend })
	if !p.keep(client) {
		return
	}
	defer p.forget(client)
	server, err := net.Dial("tcp", backend)
	if err != nil || !p.keep(server) {
		return
	}
	defer p.forget(server)
	// Small buffers, so that a slow client is felt by the server and not only by the kernel.
	for _, c := range []net.Conn{client, server} {
		c.(*net.TCPConn).SetReadBuffer(128 << 10)  //nolint:errcheck // as it is, then
		c.(*net.TCPConn).SetWriteBuffer(128 << 10) //nolint:errcheck // as it is, then
	}
	p.running.Go(func() {
		io.Copy(server, client) // ends with either of them
		server.Close()
	})
	p.answer(client, server)
}

// answer passes on what the server says, at the rate that is set.
func (p *proxy) answer(client, server net.Conn) {
	b := make([]byte, 4<<10)
	for {
		n, err := server.Read(b)
		if _, failed := client.Write(b[:n]); failed != nil || err != nil {
			return
		}
		var rate int
		p.set(func() { rate = p.rate })
		if rate > 0 {
			time.Sleep(time.Duration(n) * time.Second / time.Duration(rate))
		}
	}
}
