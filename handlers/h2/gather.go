package h2

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// Listener gives connections that can hold back what TLS writes: TLS makes a write of each record, and a record holds 16 KB
// at most. Until HTTP/2 takes a connection over, its writes go through at once.
func Listener(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &gather{Conn: c}, nil
}

// gather is a connection below TLS.
type gather struct {
	net.Conn
	mu      sync.Mutex
	holding bool
	held    []byte
	// armed is when the write deadline was last set, for stall later.
	armed time.Time
	stall time.Duration
}

// hold makes Write keep its bytes until push.
func (g *gather) hold(stall time.Duration) {
	g.mu.Lock()
	g.holding, g.stall = true, stall
	g.mu.Unlock()
}

func (g *gather) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.holding {
		return g.Conn.Write(p)
	}
	// The writer holds back no more than about a buffer. Beyond that it is TLS's own doing, whose client asks for new keys
	// again and again: it has to take the answers.
	if len(g.held)+len(p) > 2*bufferSize {
		if err := g.pushLocked(); err != nil {
			return 0, err
		}
	}
	if g.held == nil {
		g.held = takeBuffer()
	}
	g.held = append(g.held, p...)
	return len(p), nil
}

// maxRenewals is how often the other end is given the time of a stall again for one push, because it has taken something.
const maxRenewals = 4

// push writes what is held. It fails when the other end takes nothing for the time of a stall, or too little: it holds about
// a buffer, and its writer may have an answer of its own to end.
func (g *gather) push() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.pushLocked()
}

func (g *gather) pushLocked() error {
	rest := g.held
	for renewed := 0; len(rest) > 0; {
		// The deadline is renewed now and then and not for each write, so a stall may end after three quarters of its time.
		if now := time.Now(); now.Sub(g.armed) > g.stall/4 {
			g.armed = now
			if err := g.SetWriteDeadline(now.Add(g.stall)); err != nil {
				return err
			}
		}
		n, err := g.Conn.Write(rest)
		rest = rest[n:]
		if err != nil {
			if n == 0 || renewed == maxRenewals || !errors.Is(err, os.ErrDeadlineExceeded) {
				return err
			}
			renewed++
			g.armed = time.Time{}
		}
	}
	releaseBuffer(g.held)
	g.held = nil
	return nil
}

// release ends holding: what TLS writes last, its farewell, goes out at once.
func (g *gather) release() error {
	err := g.push()
	g.mu.Lock()
	g.holding = false
	g.mu.Unlock()
	return err
}
