package verb

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// Next implements stream.Source: the initial state in pieces, then the frames of changes one by one, and between them
// bookmarks. Once the answer has begun, an error is an event of its own.
func (w *watching) Next() ([]byte, error) {
	w.release()
	switch {
	case w.closing.Load():
		return nil, io.EOF
	case w.refused != nil:
		return w.ended(w.refused)
	}
	if i := w.initial.Load(); i != nil {
		if b, err := w.nextInitial(i); len(b) > 0 || err != nil {
			return b, err
		}
	}
	// Before more is sent: a client that is always a little behind would never come to an end.
	if w.ticked.Load() && w.over() {
		return w.due()
	}
	d, through, err := w.follower.Next()
	if err != nil {
		return w.ended(err)
	}
	w.from = max(w.from, through)
	if d.Event != nil {
		w.sent = d.Revision
		return w.deliver(d)
	}
	if last := w.last.Load(); last > 0 {
		if through >= last {
			return nil, io.EOF
		}
		w.timer.Reset(lag)
	}
	// That only the revision moved wakes nobody, so a bookmark comes after another look.
	if w.ticked.Load() {
		return w.due()
	}
	return nil, nil
}

// lag is how long after a change a watch looks whether it has heard of all of them.
const lag = 10 * time.Millisecond

// given is what lies in the buffer, if anything.
func (w *watching) given() []byte {
	if w.buffer == nil {
		return nil
	}
	return *w.buffer
}

// deliver is the frame of a change. A watch cannot go on without one that cannot be read: leaving it out would be a lie.
func (w *watching) deliver(d cache.Delivery) ([]byte, error) {
	frame, err := w.frame(d)
	if err != nil {
		return w.unreadable(d.Key, err)
	}
	return frame, nil
}

// unreadable tells the client of an object that cannot be shown, and ends in order: over HTTP/2 an answer that is cut off
// loses what was said last.
func (w *watching) unreadable(key string, err error) ([]byte, error) {
	return w.ended(fmt.Errorf("decoding %s: %w", key, err))
}

func (w *watching) over() bool { return !time.Now().Before(w.ends) }

// due is what is to be sent because of the time.
func (w *watching) due() ([]byte, error) {
	w.ticked.Store(false)
	over := w.over()
	if !over {
		w.timer.Reset(w.nextTick())
	}
	// Nothing is told while that is behind what was sent, because more of the same revision may follow: a bookmark must not
	// lead a client back. Nor of a watch from a version that has not happened.
	if now, loaded := w.Store.Latest(); w.bookmarks && w.from >= w.sent && w.from > 0 && loaded && w.from <= now.Revision {
		if err := w.bookmark(w.from, false); err != nil {
			return nil, err
		}
	}
	if over {
		return w.given(), io.EOF
	}
	return w.given(), nil
}

// ended tells the client why the store gave up.
func (w *watching) ended(err error) ([]byte, error) {
	if errors.Is(err, cache.ErrEnded) {
		return nil, io.EOF
	}
	if errors.Is(err, cache.ErrTooSlow) {
		w.slow()
	}
	var status *apierrors.StatusError
	if !errors.As(err, &status) {
		status = apierrors.NewInternalError(err)
	}
	if errors.Is(err, storage.ErrCompacted) {
		status = apierrors.NewResourceExpired(fmt.Sprintf("too old resource version: %d (%d)", w.from, w.Store.Oldest()))
		status.ErrStatus.Code = http.StatusGone
	}
	if err := w.failure(status); err != nil {
		return nil, err
	}
	return w.given(), io.EOF
}

// slow counts a watch whose client is too slow, once: it may lose its place and be cut off before it hears of that.
func (w *watching) slow() {
	if w.wasSlow.CompareAndSwap(false, true) {
		w.meter.Slow()
	}
}
