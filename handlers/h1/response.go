package h1

import (
	"net/http"

	"github.com/gatehouse-dev/gatehouse/handlers/stream"
)

// response is the writer of a request whose answer may be carried on. Its head waits for what comes next, because only then
// it is known whether the connection ends with this answer.
type response struct {
	http.ResponseWriter
	carrier *Carrier
	// code is that of a head that waits; 0 when none does.
	code  int
	begun bool
}

var (
	_ http.Flusher    = (*response)(nil)
	_ stream.Detacher = (*response)(nil)
)

// Unwrap is for http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader passes informational heads on and keeps the first other one.
func (w *response) WriteHeader(code int) {
	switch {
	case code < http.StatusOK && !w.begun:
		w.ResponseWriter.WriteHeader(code)
	case w.code == 0 && !w.begun:
		w.code = code
	}
}

// begin passes the head on that waits.
func (w *response) begin() {
	if w.code != 0 {
		w.ResponseWriter.WriteHeader(w.code)
		w.code = 0
	}
	w.begun = true
}

func (w *response) Write(p []byte) (int, error) {
	w.begin()
	return w.ResponseWriter.Write(p)
}

// Flush is FlushError for callers that cannot handle the error.
func (w *response) Flush() { _ = w.FlushError() }

// FlushError sends what there is.
func (w *response) FlushError() error {
	w.begin()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Detach implements stream.Detacher. The source is asked from now on, by a goroutine of its own.
func (w *response) Detach(source stream.Source) (wake func()) {
	a := &answer{source: source, carrier: w.carrier}
	w.Header().Set("Connection", "close")
	err := w.FlushError() // which makes net/http send the head, and choose chunks
	if err == nil {
		a.conn, _, err = http.NewResponseController(w.ResponseWriter).Hijack()
	}
	if err != nil || !w.carrier.add(a) {
		a.cut()
	}
	if a.conn != nil {
		go a.listen()
	}
	a.wake()
	return a.wake
}
