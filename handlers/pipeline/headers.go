package pipeline

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/google/uuid"
)

// Headers sets what every answer carries: an audit id, the client's own if it sent one, and that no cache may keep it.
func Headers(next Handler) Handler {
	return func(r *Request) error {
		id := r.HTTP.Header.Get("Audit-Id")
		if id == "" {
			id = newID()
		}
		h := r.Writer.Header()
		h["Audit-Id"] = []string{id}
		h["Cache-Control"] = notKept
		return next(r)
	}
}

// notKept is shared by all answers; one that adds to it gets a copy, as it has no room.
var notKept = []string{"no-cache, private"}

// newID is a random UUID, version 4. It has to differ from others, not to be a secret: a request need not pay for
// randomness that nobody could guess.
func newID() string {
	var id uuid.UUID
	binary.LittleEndian.PutUint64(id[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(id[8:], rand.Uint64())
	id[6] = id[6]&0x0f | 4<<4
	id[8] = id[8]&0x3f | 0x80
	return id.String()
}
