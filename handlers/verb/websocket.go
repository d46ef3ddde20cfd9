package verb

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"golang.org/x/net/websocket"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
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

// socketServe is serve over WebSocket: every event is a message. What the client sends is read and ignored, so that its
// leaving is noticed. The handshake asks for an Origin, as the original's does.
func (w *watching) socketServe(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
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
		w.answer.socket = ws
		err = w.serve(ctx)
	}).ServeHTTP(w.r.Writer, w.r.HTTP)
	return err
}

// lengthBytes stand before a protobuf frame in a plain stream; a message has a length of its own.
const lengthBytes = 4

// message sends what was gathered as one message.
func (a *watchAnswer) message() error {
	var err error
	if a.Format == codec.Protobuf {
		err = websocket.Message.Send(a.socket, (*a.buffer)[min(lengthBytes, len(*a.buffer)):])
	} else {
		err = websocket.Message.Send(a.socket, string(*a.buffer))
	}
	a.release()
	if err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	return nil
}
