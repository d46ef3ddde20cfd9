package h2

import (
	"errors"
	"fmt"

	"golang.org/x/net/http2"
)

// What handlers get from reads and writes of a stream that is over.
var (
	errClientGone   = errors.New("h2: the client has closed the connection")
	errHandlerDone  = errors.New("h2: the handler has returned")
	errConnEnded    = errors.New("h2: the connection was ended because of a protocol error")
	errCutByHandler = errors.New("h2: the answer was cut off")
)

// errReset is what a handler gets after its stream was reset, by either side.
type errReset struct{ code http2.ErrCode }

func (e errReset) Error() string { return fmt.Sprintf("h2: the stream was reset: %v", e.code) }

type errWrite struct{ cause error }

func (e errWrite) Error() string { return "h2: writing to the client: " + e.cause.Error() }
func (e errWrite) Unwrap() error { return e.cause }

// connError ends the connection with a GOAWAY, streamError one stream with a RST_STREAM.
func connError(code http2.ErrCode) error { return http2.ConnectionError(code) }

func streamError(id uint32, code http2.ErrCode) error {
	return http2.StreamError{StreamID: id, Code: code}
}
