package pipeline

import (
	"bufio"
	"net"
	"net/http"
)

// Hijack implements http.Hijacker: it hands the connection over to another protocol. The answer has begun then, with 101,
// and nothing may be written to it any more.
func (w *ResponseWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.Status = http.StatusSwitchingProtocols
	if w.begun != nil {
		w.begun(w.Status)
	}
	return conn, buffered, nil
}
