package stream

import "net/http"

// Find is the Detacher below a writer; nil when there is none, as on a server of net/http's own.
func Find(w http.ResponseWriter) Detacher {
	for {
		switch x := w.(type) {
		case Detacher:
			return x
		case interface{ Unwrap() http.ResponseWriter }:
			w = x.Unwrap()
		default:
			return nil
		}
	}
}
