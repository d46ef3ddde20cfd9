package h2

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// FuzzFrames sends any frames in any order. Afterwards the connection must answer a ping or be closed,
// every source must be told of its end, and nothing may panic.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{byte(http2.FrameHeaders), 5, 1, 0, byte(http2.FrameWindowUpdate), 0, 1, 4, 0, 0, 1, 0})
	f.Add([]byte{byte(http2.FrameHeaders), 4, 1, 1, byte(http2.FrameData), 0, 1, 3, 1, 2, 3, byte(http2.FrameData), 1, 1, 0})
	f.Add([]byte{byte(http2.FrameHeaders), 5, 1, 2, byte(http2.FrameRSTStream), 0, 1, 4, 0, 0, 0, 8})
	f.Add([]byte{byte(http2.FrameSettings), 0, 0, 6, 0, 4, 0, 0, 0, 5, byte(http2.FrameHeaders), 5, 1, 2, byte(http2.FrameGoAway), 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{byte(http2.FrameHeaders), 0, 1, 3, byte(http2.FrameContinuation), 4, 1, 1, 0x82})
	detach := (*queue)(nil).sources()
	s := newSite(f, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/echo":
			echo(w, r)
		case "/source":
			detach(w, r)
		case "/large":
			handlers["large"](w, r)
		}
	}, Options{MaxStreams: 3}, false)
	paths := []string{"/", "/echo", "/source", "/large"}
	f.Fuzz(func(t *testing.T, script []byte) {
		r := s.greeted(t)
		for len(script) >= 4 {
			kind, flags, id, n := script[0], script[1], uint32(script[2]), int(script[3])
			script = script[4:]
			payload := script[:min(n, len(script))]
			if http2.FrameType(kind) == http2.FrameHeaders && n < len(paths) {
				payload = r.pack(post(paths[n])) // so that more than refused requests happens
			} else {
				script = script[len(payload):]
			}
			if r.framer.WriteRawFrame(http2.FrameType(kind), http2.Flags(flags), id, payload) != nil {
				break
			}
		}
		_ = r.framer.WritePing(false, [8]byte{'e', 'n', 'd'})
		r.framer.ReadMetaHeaders = nil
		r.framer.SetReuseFrames()
		for {
			frame, err := r.framer.ReadFrame()
			if err != nil {
				var fault http2.ConnectionError
				if errors.As(err, &fault) {
					t.Fatalf("the server made a fault: %v", err)
				}
				if !errors.Is(err, io.EOF) && !closedByPeer(err) {
					t.Fatalf("neither an answer nor an end: %v", err)
				}
				return
			}
			if ping, ok := frame.(*http2.PingFrame); ok && ping.IsAck() && ping.Data[0] == 'e' {
				return
			}
		}
	})
}

// FuzzHeaders sends any fields as a request; what reaches a handler must be a request that net/http would let through.
func FuzzHeaders(f *testing.F) {
	f.Add(":method", "GET", ":path", "/a?b", "x", "y")
	f.Add(":authority", "a", "cookie", "b", "cookie", "c")
	f.Add("te", "trailers", "content-length", "0", "trailer", "a, b")
	f.Fuzz(func(t *testing.T, n1, v1, n2, v2, n3, v3 string) {
		c := &conn{names: map[string]string{}, maxHeader: 1 << 16}
		c.decoder = hpack.NewDecoder(tableSize, c.field)
		c.block = block{id: 1, end: true, left: 1 << 16}
		fields := []string{n1, v1, n2, v2, n3, v3}
		for i := 0; i < len(fields); i += 2 {
			c.field(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
		}
		for _, name := range []string{":method", ":scheme", ":path"} {
			value := map[string]string{":method": "GET", ":scheme": "https", ":path": "/"}[name]
			if n1 != name && n2 != name && n3 != name {
				c.block.fields = append([]hpack.HeaderField{{Name: name, Value: value}}, c.block.fields...)
			}
		}
		if c.block.bad {
			return
		}
		r, err := c.request(t.Context(), &c.block)
		if err != nil {
			return
		}
		if r.URL == nil || r.Method == "" || r.ContentLength != 0 || r.Method != http.MethodConnect && r.RequestURI == "" {
			t.Errorf("%+v", r)
		}
		for name := range r.Header {
			if name == "" || name[0] == ':' || aboutConnection(lower(name)) || name == "Host" || name == "Trailer" {
				t.Errorf("header %q", name)
			}
		}
	})
}
