package verb

import (
	"context"
	"io"
	"net/http"
	"strings"

	"golang.org/x/net/websocket"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// isWebSocket says whether the client wants to go on with WebSocket, as browsers do, which cannot read a stream otherwise.
func isWebSocket(header http.Header) bool {
	if !strings.EqualFold(header.Get("Upgrade"), "websocket") {
		return false
	}
	for option := range strings.SplitSeq(header.Get("Connection"), ",") {
		if strings.EqualFold(strings.TrimSpace(option), "upgrade") {
			return true
		}
	}
	return false
}

// overSocket carries a watch over WebSocket: every event is a message. What the client sends is read and ignored, so that
// its leaving is noticed. The handshake asks for an Origin, as upstream's does.
func (w *watching) overSocket(r *pipeline.Request, woken <-chan struct{}) (err error) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	begun := false
	websocket.Handler(func(ws *websocket.Conn) {
		read := make(chan struct{})
		defer func() {
			_ = ws.Close() // the watch is over in any case
			<-read
		}()
		go func() {
			defer close(read)
			defer cancel()
			_, _ = io.Copy(io.Discard, ws)
		}()
		begun = true
		format := w.form.Value().Format
		err = w.pull(ctx, woken, func(b []byte) error { return sendMessage(ws, format, b) }, func() error { return nil })
	}).ServeHTTP(r.Writer, r.HTTP)
	if !begun { // the handshake failed, and is answered
		w.Ended(false)
	}
	return err
}

// lengthBytes stand before a protobuf frame in a plain stream; a message has a length of its own.
const lengthBytes = 4

// sendMessage sends a frame as one message.
func sendMessage(to *websocket.Conn, f codec.Format, frame []byte) error {
	if f == codec.Protobuf {
		return websocket.Message.Send(to, frame[min(lengthBytes, len(frame)):])
	}
	return websocket.Message.Send(to, string(frame))
}
