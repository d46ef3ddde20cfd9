package h2

import (
	"errors"
	"io"
	"time"

	"golang.org/x/net/http2"
)

const (
	// greetTime is how long a client may take for its preface and settings.
	greetTime = 10 * time.Second
	// A client that causes more answers than this without taking any, or sends more frames in a row that carry nothing, is
	// cut off.
	maxControl = 4096
	maxUseless = 4096
	// So is one that has more than this of answers coming and takes none: one that keeps to the limit of streams cannot get
	// there, but heads alone are answers that wait for no window.
	maxOut = 4 << 20
)

// read handles frames until the connection ends, and says why it did.
func (c *conn) read() error {
	if err := c.socket.SetReadDeadline(time.Now().Add(greetTime)); err != nil {
		return err
	}
	if !secure(c.state) {
		return connError(http2.ErrCodeInadequateSecurity)
	}
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(c.in, preface); err != nil {
		return err
	}
	if string(preface) != http2.ClientPreface {
		return connError(http2.ErrCodeProtocol)
	}
	for first := true; ; first = false {
		f, err := c.framer.ReadFrame()
		if first && errors.As(err, new(http2.StreamError)) {
			return connError(http2.ErrCodeProtocol) // no settings frame, which comes before any other fault
		}
		if err == nil {
			if first {
				if err = c.firstFrame(f); err != nil {
					return err
				}
			}
			err = c.handle(f)
		}
		if err := c.survive(err); err != nil {
			return err
		}
	}
}

// firstFrame sees that a client begins with its settings.
func (c *conn) firstFrame(f http2.Frame) error {
	if s, ok := f.(*http2.SettingsFrame); !ok || s.IsAck() {
		return connError(http2.ErrCodeProtocol)
	}
	return c.socket.SetReadDeadline(time.Time{})
}

// survive gives back what ends the connection: errors of one stream end that.
func (c *conn) survive(err error) error {
	var one http2.StreamError
	switch {
	case err == nil:
	case errors.As(err, &one):
		if err := c.resetByID(one.StreamID, one.Code); err != nil {
			return err
		}
	case errors.Is(err, http2.ErrFrameTooLarge):
		return connError(http2.ErrCodeFrameSize)
	default:
		return err
	}
	c.mu.Lock()
	flooded := c.control > maxControl || len(c.out) > maxOut
	c.mu.Unlock()
	if flooded || c.useless > maxUseless {
		return connError(http2.ErrCodeEnhanceYourCalm)
	}
	return nil
}

func (c *conn) resetByID(id uint32, code http2.ErrCode) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if st := c.streams[id]; st != nil {
		c.reset(st, code)
	} else {
		if err := c.idleError(id); err != nil {
			return err
		}
		c.addReset(id, code)
		c.recent.add(id, true)
	}
	c.kick()
	return nil
}

func (c *conn) handle(f http2.Frame) error {
	switch f := f.(type) {
	case *http2.WindowUpdateFrame:
		return c.onWindowUpdate(f)
	case *http2.DataFrame:
		return c.onData(f)
	case *http2.HeadersFrame:
		c.useless = 0
		return c.onHeaders(f)
	case *http2.ContinuationFrame:
		return c.onContinuation(f)
	case *http2.RSTStreamFrame:
		return c.onReset(f)
	case *http2.SettingsFrame:
		return c.onSettings(f)
	case *http2.PingFrame:
		return c.onPing(f)
	case *http2.GoAwayFrame:
		c.leave() // the client opens no more streams; what is open is completed
		return nil
	case *http2.PriorityFrame:
		c.useless++
		if f.StreamDep == f.StreamID {
			return streamError(f.StreamID, http2.ErrCodeProtocol)
		}
		return nil
	case *http2.PushPromiseFrame:
		return connError(http2.ErrCodeProtocol)
	default:
		c.useless++ // frames of other kinds are ignored (RFC 9113 §4.1)
		return nil
	}
}

// onReset ends a stream whose client has lost interest. Its handler still counts until it returns, so that opening and
// resetting streams gives a client no more handlers at work than it may have streams.
func (c *conn) onReset(f *http2.RSTStreamFrame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	st := c.streams[f.StreamID]
	if st == nil {
		return c.idleError(f.StreamID)
	}
	c.end(st, errReset{f.ErrCode})
	c.control++ // its answer may have been waiting for its turn, and is still in that list
	c.kick()
	return nil
}

func (c *conn) onPing(f *http2.PingFrame) error {
	if f.IsAck() {
		if f.Data == leavingPing {
			c.lastCall()
		}
		return nil
	}
	c.mu.Lock()
	c.control++
	_ = c.framer.WritePing(true, f.Data)
	c.mu.Unlock()
	c.kick()
	return nil
}
