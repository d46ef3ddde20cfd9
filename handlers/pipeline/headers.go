package pipeline

import "github.com/google/uuid"

// Headers sets what every answer carries: an audit id, the client's own if it sent one, and that no cache may keep it.
func Headers(next Handler) Handler {
	return func(r *Request) error {
		id := r.HTTP.Header.Get("Audit-Id")
		if id == "" {
			id = uuid.NewString()
		}
		h := r.Writer.Header()
		h.Set("Audit-Id", id)
		h.Set("Cache-Control", "no-cache, private")
		return next(r)
	}
}
