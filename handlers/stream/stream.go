// Package stream is the contract between a request whose answer outlives its handler and the connection that carries it.
// A watch spends most of its life waiting: as a Source it keeps no goroutine, no stack and no buffer meanwhile, and the
// connection takes what there is when it is woken.
package stream

// Source is the rest of an answer. Next and Ended are called by one goroutine at a time, not always the same one. Neither may
// panic, as no handler is left to catch it, nor rely on the request's context, which may have ended with the handler.
type Source interface {
	// Next gives what is to be sent next, without waiting: nothing when there is nothing now. The bytes belong to the source
	// and are valid until the next call; they may be shared with other sources and are not changed. io.EOF ends the answer
	// in order; bytes that come with it are still sent. Any other error cuts the answer off.
	Next() ([]byte, error)
	// Ended is called once, when nothing more is asked for: after Next gave an error, or when the client or the connection
	// has gone. stalled says that the client was cut off because it took nothing any more.
	Ended(stalled bool)
}

// Detacher is an http.ResponseWriter that can carry an answer on after its handler has returned. Who holds a writer
// that wraps another finds it by way of Unwrap.
type Detacher interface {
	// Detach makes the source the rest of the answer, after what has been written. The handler must not use the writer or the
	// request's body any more and should return. Next is asked once without being woken. wake says that there is something
	// again; it never waits, may be called by any goroutine, at any time, and does nothing once the answer is over.
	Detach(Source) (wake func())
}
