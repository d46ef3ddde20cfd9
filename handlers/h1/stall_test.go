package h1

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/stream"
)

// endless has something to send whenever it is asked.
type endless struct {
	piece   []byte
	stalled chan bool
	// left is how many pieces there are.
	left atomic.Int64
}

func (s *endless) Next() ([]byte, error) {
	if s.left.Add(-1) < 0 {
		return nil, io.EOF
	}
	return s.piece, nil
}

func (s *endless) Ended(stalled bool) { s.stalled <- stalled }

// pieces are those of an answer that a slow client takes.
const pieces = 200

func serveStalled(t *testing.T, c *Carrier, secure bool, s stream.Source) *httptest.Server {
	server := httptest.NewUnstartedServer(c.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		stream.Find(w).Detach(s)
	}), func(*http.Request) bool { return true }))
	if secure {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(func() {
		c.Close()
		server.Close()
	})
	return server
}

// dial asks for /s and reads nothing.
func dial(t *testing.T, address string, secure bool) net.Conn {
	t.Helper()
	plain, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { plain.Close() })
	conn := plain
	if secure {
		conn = tls.Client(plain, &tls.Config{InsecureSkipVerify: true})
	}
	if _, err := fmt.Fprintf(conn, "GET /s HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return conn
}

// A client that takes nothing is cut off; its source learns why. One that takes little by little gets everything.
func TestStalledClients(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		for _, slow := range []bool{false, true} {
			s := &endless{piece: bytes.Repeat([]byte("x"), 64<<10), stalled: make(chan bool, 1)}
			carrier := &Carrier{StallTimeout: 200 * time.Millisecond}
			if s.left.Store(1 << 40); slow {
				// Many more bytes than buffers hold, and longer altogether than a stall.
				carrier.StallTimeout = 2 * time.Second
				s.left.Store(pieces)
			}
			server := serveStalled(t, carrier, secure, s)
			conn := dial(t, server.Listener.Addr().String(), secure)
			if slow {
				n := int64(0)
				for err := error(nil); err == nil; time.Sleep(15 * time.Millisecond) {
					var some int64
					some, err = io.CopyN(io.Discard, conn, 64<<10)
					n += some
				}
				if n < pieces*64<<10 {
					t.Errorf("a slow client got %d bytes", n)
				}
			}
			select {
			case stalled := <-s.stalled:
				if stalled == slow {
					t.Errorf("slow %v: stalled is %v", slow, stalled)
				}
			case <-time.After(patience):
				t.Fatal("a client that takes nothing keeps its answer")
			}
			conn.Close()
		}
	})
}
