package h1

import (
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/stream"
)

// answer is one that is carried. The first wake starts the goroutine that sends what there is; it ends when
// there is nothing more for now.
type answer struct {
	carrier *Carrier
	source  stream.Source
	// conn is nil when the client was gone before it could be had.
	conn net.Conn
	// wakes are the wakes since nothing was to be done; above 0 somebody sends, or the answer is over.
	wakes atomic.Int64
	// gone says that nobody takes the answer any more.
	gone atomic.Bool
	// armed is when the write deadline was last set. Only the goroutine that sends uses it.
	armed time.Time
}

// wake says that the source has something, or that the client has gone.
func (a *answer) wake() {
	if a.wakes.Add(1) == 1 {
		go a.send()
	}
}

// cut ends the answer without its end.
func (a *answer) cut() {
	a.gone.Store(true)
	if a.conn != nil {
		_ = a.conn.Close() // it also ends what waits for the connection
	}
}

// listen drops what the client sends, and notices that it has gone: nothing follows on this connection. Its room is small,
// because it waits as long as the answer does.
func (a *answer) listen() {
	for room := make([]byte, 16); ; {
		if _, err := a.conn.Read(room); err != nil {
			break
		}
	}
	a.cut()
	a.wake()
}

func (a *answer) send() {
	for {
		seen := a.wakes.Load()
		if err := a.sendAll(); err != nil {
			a.end(errors.Is(err, os.ErrDeadlineExceeded))
			return
		}
		// What came after seen was read changes the number, and is sent too.
		if a.wakes.CompareAndSwap(seen, 0) {
			return
		}
	}
}

// end is called once: the wakes stay above 0. stalled: the client took nothing any more.
func (a *answer) end(stalled bool) {
	a.cut()
	defer a.carrier.remove(a)
	a.source.Ended(stalled)
}

// write sends b in pieces. For each the client has the time of a stall: one that takes nothing would keep this goroutine, its
// buffer and the state that is sent for ever, which a slow one does not.
func (a *answer) write(b []byte) error {
	stall := a.carrier.stall()
	for len(b) > 0 {
		// The deadline is renewed now and then and not for each piece, so a stall may end after three quarters of its time.
		if now := time.Now(); now.Sub(a.armed) > stall/4 {
			a.armed = now
			if err := a.conn.SetWriteDeadline(now.Add(stall)); err != nil {
				return err
			}
		}
		n, err := a.conn.Write(b[:min(len(b), writeAtOnce)])
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// writeAtOnce is how much is written under one deadline: with TLS a record.
const writeAtOnce = 16 << 10

// sendTogether is how much is gathered for one write: with TLS each is a system call and a record at least.
const sendTogether = 64 << 10

// buffers hold what is sent together. Those that a very large piece has grown are left to the collector.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

const largeBuffer = 4 * sendTogether

var errGone = errors.New("client has gone")

// sendAll sends what the source has. An error ends the answer: io.EOF when all of it was sent.
func (a *answer) sendAll() error {
	buffer := buffers.Get().(*[]byte)
	defer func() {
		if cap(*buffer) <= largeBuffer {
			buffers.Put(buffer)
		}
	}()
	*buffer = (*buffer)[:0]
	for !a.gone.Load() {
		piece, err := a.source.Next()
		if len(piece) > 0 {
			*buffer = appendChunk(*buffer, piece)
		}
		switch {
		case err == io.EOF:
			*buffer = append(*buffer, "0\r\n\r\n"...)
		case err == nil && len(piece) > 0 && len(*buffer) < sendTogether:
			continue
		}
		if len(*buffer) > 0 {
			if failed := a.write(*buffer); failed != nil {
				return failed
			}
			*buffer = (*buffer)[:0]
		}
		if err != nil || len(piece) == 0 {
			return err
		}
	}
	return errGone
}

// appendChunk appends a piece as a chunk (RFC 9112, section 7.1).
func appendChunk(b, piece []byte) []byte {
	b = strconv.AppendInt(b, int64(len(piece)), 16)
	b = append(b, "\r\n"...)
	b = append(b, piece...)
	return append(b, "\r\n"...)
}
