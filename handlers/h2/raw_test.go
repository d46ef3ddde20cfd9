package h2

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// raw is a client that sends any bytes.
type raw struct {
	t       testing.TB
	socket  *tls.Conn
	framer  *http2.Framer
	encoder *hpack.Encoder
	block   bytes.Buffer
}

// dial connects without saying anything.
func (s *site) dial(t testing.TB) *raw {
	t.Helper()
	socket, err := tls.Dial("tcp", s.address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	if err := socket.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	r := &raw{t: t, socket: socket, framer: http2.NewFramer(socket, socket)}
	r.framer.AllowIllegalWrites = true
	r.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	r.encoder = hpack.NewEncoder(&r.block)
	return r
}

// greeted connects, exchanges settings and waits until the server has taken them.
func (s *site) greeted(t testing.TB, settings ...http2.Setting) *raw {
	t.Helper()
	r := s.dial(t)
	r.greet(settings...)
	for {
		f, err := r.framer.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		if f, ok := f.(*http2.SettingsFrame); ok && f.IsAck() {
			return r
		}
	}
}

func (r *raw) greet(settings ...http2.Setting) {
	r.t.Helper()
	_, err := io.WriteString(r.socket, http2.ClientPreface)
	r.must(errors.Join(err, r.framer.WriteSettings(settings...)))
}

func (r *raw) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// get are the pseudo-headers of a GET, with what follows them.
func get(path string, more ...string) []string {
	return append([]string{":method", "GET", ":scheme", "https", ":path", path, ":authority", "example"}, more...)
}

func post(path string, more ...string) []string {
	return append([]string{":method", "POST", ":scheme", "https", ":path", path, ":authority", "example"}, more...)
}

// pack packs names and values.
func (r *raw) pack(fields []string) []byte {
	r.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		r.must(r.encoder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	return slices.Clone(r.block.Bytes())
}

// headers sends a whole header; what the server does not want to read any more is no failure of the test.
func (r *raw) headers(id uint32, end bool, fields []string) {
	block := r.pack(fields)
	first := block[:min(len(block), maxFrame)]
	rest := block[len(first):]
	_ = r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: first, EndStream: end, EndHeaders: len(rest) == 0})
	for len(rest) > 0 {
		n := min(len(rest), maxFrame)
		_ = r.framer.WriteContinuation(id, n == len(rest), rest[:n])
		rest = rest[n:]
	}
}

// outcome reads until something is said about a stream, or the connection ends: "200", "RST_STREAM <code>", "GOAWAY <code>",
// or "closed". Answers are read to their end.
func (r *raw) outcome(id uint32) string {
	r.t.Helper()
	answer := ""
	for {
		f, err := r.framer.ReadFrame()
		if err != nil {
			return "closed"
		}
		switch f := f.(type) {
		case *http2.GoAwayFrame:
			return fmt.Sprint("GOAWAY ", f.ErrCode)
		case *http2.RSTStreamFrame:
			if f.StreamID == id && answer == "" {
				return fmt.Sprint("RST_STREAM ", f.ErrCode)
			}
			if f.StreamID == id {
				return fmt.Sprint(answer, ", RST_STREAM ", f.ErrCode)
			}
		case *http2.MetaHeadersFrame:
			if f.StreamID == id && answer == "" {
				answer = f.PseudoValue("status")
			}
			if f.StreamID == id && f.StreamEnded() {
				return answer
			}
		case *http2.DataFrame:
			if f.StreamID == id && f.StreamEnded() {
				return answer
			}
		}
	}
}

// closedByPeer says whether an error is that of a connection whose other end is closed with our bytes unread.
func closedByPeer(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrUnexpectedEOF)
}

// frame reads up to the next frame of a kind.
func frame[F http2.Frame](r *raw) F {
	r.t.Helper()
	for {
		f, err := r.framer.ReadFrame()
		if err != nil {
			var none F
			r.t.Fatalf("waiting for a %T: %v", none, err)
		}
		if f, ok := f.(F); ok {
			return f
		}
	}
}
