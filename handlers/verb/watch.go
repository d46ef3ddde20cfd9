package verb

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// watch answers a watch: events until its time is up, the client leaves or the server shuts down.
func (h *Handlers) watch(r *pipeline.Request) error {
	answer, err := negotiateWatch(r)
	if err != nil {
		return err
	}
	options, selection, err := selected(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.watchTime(options.TimeoutSeconds))
	defer cancel()
	answer.meter = h.meter(r)
	w := &watching{Handlers: h, r: r, options: options, selection: selection, answer: answer}
	if err := w.begin(ctx); err != nil {
		return err
	}
	if isWebSocket(r.HTTP.Header) {
		return w.socketServe(ctx)
	}
	return w.serve(ctx)
}

// watchTime is how long a watch lasts: what the client asks for, or a random time so that clients do not all come back at
// once.
func (h *Handlers) watchTime(asked *int64) time.Duration {
	if asked != nil && *asked > 0 {
		return time.Duration(*asked) * time.Second
	}
	return h.MinWatch + time.Duration(rand.Float64()*float64(h.MinWatch))
}

// watching is one watch. It is used by the goroutine of its request only.
type watching struct {
	*Handlers
	r         *pipeline.Request
	options   metav1.ListOptions
	selection *selection
	answer    *watchAnswer
	// initial is the state that the watch begins with; nil when it begins with changes.
	initial *page
	// from is the revision up to which everything was sent; sent is that of the last change.
	from, sent int64
}

// begin reads the initial state where the client wants it and fixes where the changes begin. Its errors are ordinary
// answers: nothing has been sent.
func (w *watching) begin(ctx context.Context) error {
	revision, err := parseVersion(w.options.ResourceVersion)
	if err != nil {
		return err
	}
	w.from = revision
	send := w.options.SendInitialEvents
	if send != nil && *send || send == nil && revision == 0 {
		state := metav1.ListOptions{ResourceVersion: w.options.ResourceVersion, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan}
		if w.initial, err = w.read(ctx, w.r, state, w.selection); err != nil {
			return err
		}
		w.from = w.initial.revision
	}
	return nil
}

// bookmarkEvery is how often a client that wants it hears how far its watch is (the original's figure).
const bookmarkEvery = time.Minute

// serve sends the events. Once the answer has begun, an error is an event of its own.
func (w *watching) serve(ctx context.Context) error {
	follower, err := w.Store.Follow(ctx, w.selection.following(w.prefix()), w.from)
	if errors.Is(err, storage.ErrCompacted) {
		w.answer.start(w.r)
		return w.ended(ctx, err)
	}
	if err != nil {
		return storageError(err, w.r, "")
	}
	defer follower.Stop()
	w.answer.start(w.r)
	if w.initial != nil {
		if err := w.sendInitial(); err != nil {
			return err
		}
	}
	if w.answer.flush(w.r) != nil {
		return nil // the client has gone
	}
	tick := time.NewTicker(bookmarkEvery)
	defer tick.Stop()
	for due := false; ; {
		// That only the revision moved wakes nobody, so a bookmark comes after another look.
		done, err := w.drain(ctx, follower)
		if done || err != nil {
			return err
		}
		if due && w.mark() != nil {
			return nil // the client has gone
		}
		due = false
		select {
		case <-w.Closing:
			return nil
		case <-ctx.Done():
			return w.last(ctx, follower)
		case <-follower.Ready():
		case <-tick.C:
			due = w.options.AllowWatchBookmarks
		}
	}
}

// prefix is what is watched: one object's key would also match longer names, which the selection leaves out again.
func (w *watching) prefix() string {
	if key := w.selection.key(w.r); key != "" {
		return key
	}
	return collectionPrefix(w.r)
}

// drain sends everything there is and then flushes once. done says that the watch is over.
func (w *watching) drain(ctx context.Context, f *cache.Follower) (done bool, err error) {
	for more := true; more; {
		deliveries, through, again, err := f.Next()
		if err != nil {
			return true, w.ended(ctx, err)
		}
		for _, d := range deliveries {
			if err := w.answer.deliver(w.Handlers, w.r, d); err != nil {
				return true, w.undeliverable(d, err)
			}
		}
		if len(deliveries) > 0 && w.answer.flush(w.r) != nil {
			return true, nil // the client has gone
		}
		if n := len(deliveries); n > 0 {
			w.sent = deliveries[n-1].Revision
		}
		w.from, more = max(w.from, through), again
	}
	return false, nil
}

// mark tells the client how far its watch is. Nothing is told while that is behind what was sent, because more of the same
// revision may follow: a bookmark must not lead a client back.
func (w *watching) mark() error {
	if w.from < w.sent {
		return nil
	}
	if err := w.answer.bookmark(w.Handlers, w.r, w.from, false); err != nil {
		return err
	}
	return w.answer.flush(w.r)
}

// undeliverable ends a watch that cannot go on without leaving out an event, because that cannot be read; nothing is said
// to a client that has gone.
func (w *watching) undeliverable(d cache.Delivery, err error) error {
	if errors.Is(err, errGone) {
		return nil
	}
	err = fmt.Errorf("decoding %s: %w", d.Key, err)
	if w.answer.failure(w.r, apierrors.NewInternalError(err)) == nil {
		_ = w.answer.flush(w.r) // the watch ends in any case
	}
	return err
}

// sendInitial sends the state that the watch begins with and, when the client asked for it in those words, a bookmark
// that says where it ends.
func (w *watching) sendInitial() error {
	for e := range w.initial.entries {
		if err := w.answer.initial(w.Handlers, w.r, e); err != nil {
			if errors.Is(err, errGone) {
				return nil
			}
			return err
		}
	}
	end := w.options.SendInitialEvents != nil && *w.options.SendInitialEvents && w.options.AllowWatchBookmarks
	revision := w.initial.revision
	w.initial = nil
	if !end {
		return nil
	}
	err := w.answer.bookmark(w.Handlers, w.r, revision, true)
	w.answer.meter.Began(w.r)
	return err
}

// last sends a bookmark before a watch ends because its time is up, so that the client can go on from there.
func (w *watching) last(ctx context.Context, f *cache.Follower) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) || !w.options.AllowWatchBookmarks {
		return nil
	}
	done, err := w.drain(ctx, f)
	if !done && err == nil && w.from > 0 {
		_ = w.mark() // the watch ends in any case
	}
	return err
}

// ended tells the client why the store gave up.
func (w *watching) ended(ctx context.Context, err error) error {
	if errors.Is(err, cache.ErrEnded) || ctx.Err() != nil {
		return nil
	}
	if errors.Is(err, cache.ErrTooSlow) {
		w.answer.meter.Slow()
	}
	status := apierrors.NewInternalError(err)
	if errors.Is(err, storage.ErrCompacted) {
		status = apierrors.NewResourceExpired(fmt.Sprintf("too old resource version: %d (%d)", w.from, w.Store.Oldest()))
		status.ErrStatus.Code = http.StatusGone
	}
	if w.answer.failure(w.r, status) == nil {
		_ = w.answer.flush(w.r) // the watch ends in any case
	}
	return nil
}
