package h2

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
)

// What a client may send, and what it is told otherwise (RFC 9113). Each case ends with what is said of the stream on.
var rules = []struct {
	what string
	send func(r *raw)
	on   uint32
	want string
}{
	{"a request", func(r *raw) { r.headers(1, true, get("/")) }, 1, "200"},
	{"a request over http behind a proxy", func(r *raw) { r.headers(1, true, []string{":method", "GET", ":scheme", "http", ":path", "/"}) }, 1, "200"},
	{"OPTIONS *", func(r *raw) { r.headers(1, true, []string{":method", "OPTIONS", ":scheme", "https", ":path", "*"}) }, 1, "200"},
	{"GET *", func(r *raw) { r.headers(1, true, get("*")) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"a relative path", func(r *raw) { r.headers(1, true, get("api")) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"an absolute URI", func(r *raw) { r.headers(1, true, get("https://example/")) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"a path that is none", func(r *raw) { r.headers(1, true, get("/%zz")) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"no path", func(r *raw) { r.headers(1, true, []string{":method", "GET", ":scheme", "https"}) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"no scheme", func(r *raw) { r.headers(1, true, []string{":method", "GET", ":path", "/"}) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"no method", func(r *raw) { r.headers(1, true, []string{":scheme", "https", ":path", "/"}) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"a method that is no token", func(r *raw) { r.headers(1, true, []string{":method", "G T", ":scheme", "https", ":path", "/"}) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"a path twice", func(r *raw) { r.headers(1, true, append(get("/"), ":path", "/")) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"a pseudo-header of answers", func(r *raw) { r.headers(1, true, get("/", ":status", "200")) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"an extended CONNECT", func(r *raw) { r.headers(1, true, get("/", ":protocol", "websocket")) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"CONNECT", func(r *raw) { r.headers(1, true, []string{":method", "CONNECT", ":authority", "example:80"}) }, 1, "200"},
	{"CONNECT with a path", func(r *raw) {
		r.headers(1, true, []string{":method", "CONNECT", ":authority", "example:80", ":path", "/"})
	}, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"a pseudo-header behind others", func(r *raw) {
		r.headers(1, true, []string{":method", "GET", ":scheme", "https", "a", "b", ":path", "/"})
	}, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"a name with a capital", func(r *raw) { r.headers(1, true, get("/", "Accept", "a")) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"a name that is no token", func(r *raw) { r.headers(1, true, get("/", "a b", "c")) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"a value with a line feed", func(r *raw) { r.headers(1, true, get("/", "a", "b\nc")) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"Connection", func(r *raw) { r.headers(1, true, get("/", "connection", "close")) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"Transfer-Encoding", func(r *raw) { r.headers(1, true, get("/", "transfer-encoding", "chunked")) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"TE: trailers", func(r *raw) { r.headers(1, true, get("/", "te", "trailers")) }, 1, "200"},
	{"TE: gzip", func(r *raw) { r.headers(1, true, get("/", "te", "gzip")) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"a length without a body", func(r *raw) { r.headers(1, true, post("/", "content-length", "5")) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"a length that is none", func(r *raw) { r.headers(1, false, post("/", "content-length", "-5")) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"two lengths", func(r *raw) { r.headers(1, false, post("/", "content-length", "5", "content-length", "6")) }, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"more than the length", func(r *raw) {
		r.headers(1, false, post("/", "content-length", "5"))
		r.must(r.framer.WriteData(1, false, []byte("123456")))
	}, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"less than the length", func(r *raw) {
		r.headers(1, false, post("/", "content-length", "5"))
		r.must(r.framer.WriteData(1, true, []byte("1234")))
	}, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"a body with padding", func(r *raw) {
		r.headers(1, false, post("/", "content-length", "5"))
		r.must(r.framer.WriteDataPadded(1, true, []byte("12345"), make([]byte, 200)))
	}, 1, "200"},
	{"trailers", func(r *raw) {
		r.headers(1, false, post("/"))
		r.headers(1, true, []string{"a", "b"})
	}, 1, "200"},
	{"trailers that end nothing", func(r *raw) {
		r.headers(1, false, post("/"))
		r.headers(1, false, []string{"a", "b"})
	}, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"a pseudo-header among trailers", func(r *raw) {
		r.headers(1, false, post("/"))
		r.headers(1, true, []string{":path", "/"})
	}, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"data after the end", func(r *raw) {
		r.headers(1, true, post("/hold"))
		r.must(r.framer.WriteData(1, false, []byte("1")))
	}, 1, "RST_STREAM STREAM_CLOSED"},
	{"a stream that depends on itself", func(r *raw) {
		r.must(r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: r.pack(get("/")), EndStream: true, EndHeaders: true, Priority: http2.PriorityParam{StreamDep: 1}}))
	}, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"too many streams", func(r *raw) {
		for id := uint32(1); id < 9; id += 2 {
			r.headers(id, true, get("/hold"))
		}
	}, 7, "RST_STREAM REFUSED_STREAM"},
	{"a header that is too large", func(r *raw) {
		r.headers(1, true, get("/", "a", strings.Repeat("b", 40<<10), "c", strings.Repeat("d", 40<<10)))
	}, 1, "431"},
	{"a header that is far too large", func(r *raw) {
		long := strings.Repeat("b", 60<<10)
		r.headers(1, true, get("/", "a", long, "b", long, "c", long, "d", long, "e", long))
	}, 1, "GOAWAY ENHANCE_YOUR_CALM"},
	{"a window that overflows", func(r *raw) {
		r.headers(1, true, get("/hold"))
		r.must(r.framer.WriteWindowUpdate(1, maxWindow))
	}, 1, "RST_STREAM FLOW_CONTROL_ERROR"},
	{"the connection's window overflows", func(r *raw) { r.must(r.framer.WriteWindowUpdate(0, maxWindow)) }, 1, "GOAWAY FLOW_CONTROL_ERROR"},
	{"a window update of nothing", func(r *raw) {
		r.headers(1, true, get("/hold"))
		r.must(r.framer.WriteWindowUpdate(1, 0))
	}, 1, "RST_STREAM PROTOCOL_ERROR"},
	{"more data than the window", func(r *raw) {
		r.headers(1, false, post("/hold"))
		for range defaultUploadWindow/maxFrame + 1 {
			r.must(r.framer.WriteData(1, false, make([]byte, maxFrame)))
		}
	}, 1, "RST_STREAM FLOW_CONTROL_ERROR"},
	{"a PUSH_PROMISE", func(r *raw) {
		r.must(r.framer.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: 3, BlockFragment: r.pack(get("/")), EndHeaders: true}))
	}, 1, "GOAWAY PROTOCOL_ERROR"},
	{"an even stream", func(r *raw) { r.headers(2, true, get("/")) }, 2, "GOAWAY PROTOCOL_ERROR"},
	{"a stream below the last one", func(r *raw) { r.headers(5, true, get("/hold")); r.headers(3, true, get("/")) }, 3, "GOAWAY PROTOCOL_ERROR"},
	{"a stream that was closed", func(r *raw) {
		r.headers(1, true, get("/hold"))
		r.must(r.framer.WriteRSTStream(1, http2.ErrCodeCancel))
		r.headers(1, true, get("/"))
	}, 1, "GOAWAY STREAM_CLOSED"},
	{"data of a stream that was not opened", func(r *raw) { r.must(r.framer.WriteData(1, true, nil)) }, 1, "GOAWAY PROTOCOL_ERROR"},
	{"a reset of a stream that was not opened", func(r *raw) { r.must(r.framer.WriteRSTStream(1, 0)) }, 1, "GOAWAY PROTOCOL_ERROR"},
	{"a window of a stream that was not opened", func(r *raw) { r.must(r.framer.WriteWindowUpdate(1, 1)) }, 1, "GOAWAY PROTOCOL_ERROR"},
	{"a frame that is too large", func(r *raw) { r.must(r.framer.WriteRawFrame(0xbe, 0, 0, make([]byte, maxFrame+1))) }, 1, "GOAWAY FRAME_SIZE_ERROR"},
	{"a header that cannot be unpacked", func(r *raw) {
		r.must(r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0xff, 0xff, 0xff}, EndStream: true, EndHeaders: true}))
	}, 1, "GOAWAY COMPRESSION_ERROR"},
	{"a header that does not end", func(r *raw) {
		r.must(r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: r.pack(get("/"))}))
		for range maxContinuations + 1 {
			_ = r.framer.WriteContinuation(1, false, nil)
		}
	}, 1, "GOAWAY ENHANCE_YOUR_CALM"},
	{"something inside a header", func(r *raw) {
		r.must(r.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: r.pack(get("/"))}))
		r.must(r.framer.WritePing(false, [8]byte{}))
	}, 1, "GOAWAY PROTOCOL_ERROR"},
	{"a frame of an unknown kind", func(r *raw) { r.must(r.framer.WriteRawFrame(0xbe, 0xff, 1, []byte("?"))); r.headers(1, true, get("/")) }, 1, "200"},
	{"settings that are none", func(r *raw) { r.must(r.framer.WriteSettings(http2.Setting{ID: http2.SettingEnablePush, Val: 2})) }, 1, "GOAWAY PROTOCOL_ERROR"},
	{"settings without end", func(r *raw) {
		r.must(r.framer.WriteSettings(slices.Repeat([]http2.Setting{{ID: http2.SettingMaxFrameSize, Val: 1 << 14}}, maxSettings+1)...))
	}, 1, "GOAWAY ENHANCE_YOUR_CALM"},
	{"a window in the settings that makes one overflow", func(r *raw) {
		r.headers(1, true, get("/hold"))
		r.must(r.framer.WriteWindowUpdate(1, maxWindow-initialWindow))
		r.must(r.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: initialWindow + 1}))
	}, 1, "GOAWAY FLOW_CONTROL_ERROR"},
	{"empty data without end", func(r *raw) {
		r.headers(1, false, post("/"))
		for range maxUseless + 2 {
			_ = r.framer.WriteData(1, false, nil)
		}
	}, 1, "GOAWAY ENHANCE_YOUR_CALM"},
}

// The connection must go on after every error of a stream, and end after its own.
func TestRules(t *testing.T) {
	hold := make(chan struct{})
	s := newSite(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hold" {
			<-hold
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			panic(http.ErrAbortHandler)
		}
	}, Options{MaxStreams: 3}, false, func(srv *http.Server) { srv.MaxHeaderBytes = 64 << 10 })
	defer close(hold)
	for _, c := range rules {
		t.Run(c.what, func(t *testing.T) {
			r := s.greeted(t)
			c.send(r)
			got := r.outcome(c.on)
			if got != c.want {
				t.Fatalf("%s, want %s", got, c.want)
			}
			if !strings.HasPrefix(got, "GOAWAY") {
				for id := uint32(1); id <= c.on; id += 2 { // places are taken by those that are held
					_ = r.framer.WriteRSTStream(id, http2.ErrCodeCancel)
				}
				r.must(r.framer.WritePing(false, [8]byte{1}))
				frame[*http2.PingFrame](r)
			} else if _, err := io.Copy(io.Discard, r.socket); err != nil {
				t.Errorf("the end of the connection: %v", err)
			}
		})
	}
}

func TestPreface(t *testing.T) {
	s := newSite(t, func(http.ResponseWriter, *http.Request) {}, Options{}, false)
	for what, send := range map[string]func(r *raw){
		"HTTP/1.1":    func(r *raw) { _, _ = io.WriteString(r.socket, "GET / HTTP/1.1\r\nHost: example\r\n\r\n") },
		"no settings": func(r *raw) { _, _ = io.WriteString(r.socket, http2.ClientPreface); r.headers(1, true, get("/")) },
		"a fault of a stream": func(r *raw) {
			_, _ = io.WriteString(r.socket, http2.ClientPreface)
			r.must(r.framer.WriteWindowUpdate(1, 0))
		},
		"only acknowledging": func(r *raw) {
			_, _ = io.WriteString(r.socket, http2.ClientPreface)
			r.must(r.framer.WriteSettingsAck())
		},
	} {
		t.Run(what, func(t *testing.T) {
			r := s.dial(t)
			send(r)
			if got := r.outcome(1); got != "GOAWAY PROTOCOL_ERROR" {
				t.Error(got)
			}
		})
	}
}
