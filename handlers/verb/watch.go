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
	"k8s.io/apimachinery/pkg/watch"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
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
	w := &watching{Handlers: h, r: r, options: options, selection: selection, answer: answer}
	if err := w.begin(ctx); err != nil {
		return err
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
	// from is the revision after which changes are sent.
	from int64
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
		if err := w.waitFor(ctx, revision); err != nil {
			return err
		}
		if w.initial, err = w.read(ctx, w.r, metav1.ListOptions{}, w.selection); err != nil {
			return err
		}
		w.from = w.initial.revision
	}
	return nil
}

// serve sends the events. Once the answer has begun, an error is an event of its own.
func (w *watching) serve(ctx context.Context) error {
	watcher, err := w.Store.Watch(ctx, w.prefix(), w.from)
	if err != nil {
		return storageError(err, w.r, "")
	}
	defer watcher.Stop()
	w.answer.start(w.r)
	if w.initial != nil {
		if err := w.sendInitial(); err != nil {
			return err
		}
	}
	if err := w.answer.flush(w.r); err != nil {
		return nil // the client has gone
	}
	for {
		select {
		case <-w.Closing:
			return nil
		case <-ctx.Done():
			return w.last(ctx)
		case event, ok := <-watcher.Events():
			if !ok {
				return w.ended(ctx, watcher.Err())
			}
			if err := w.sendAll(event, watcher.Events()); err != nil {
				return nil // the client has gone
			}
		}
	}
}

// prefix is what the store is asked to watch: one object's key would also match longer names, which the selection leaves
// out again.
func (w *watching) prefix() string {
	if key := w.selection.key(w.r); key != "" {
		return key
	}
	return collectionPrefix(w.r)
}

// sendAll sends an event and whatever has queued up behind it, then flushes once.
func (w *watching) sendAll(event storage.Event, queue <-chan storage.Event) error {
	for {
		if err := w.send(event); err != nil {
			return err
		}
		select {
		case next, ok := <-queue:
			if !ok {
				return w.answer.flush(w.r)
			}
			event = next
		default:
			return w.answer.flush(w.r)
		}
	}
}

// send turns a change into what this watch sees of it: an object that begins to match is added, one that ceases to match
// is deleted and shown as it was.
func (w *watching) send(e storage.Event) error {
	w.from = e.Revision
	if e.Type == storage.Bookmark {
		if !w.options.AllowWatchBookmarks {
			return nil
		}
		return w.answer.bookmark(w.Handlers, w.r, e.Revision, false)
	}
	var is, was bool
	var err error
	if e.Value != nil {
		if is, err = w.selection.matchesStored(e.Key, e.Value, e.Revision); err != nil {
			return w.undecodable(e, err)
		}
	}
	if e.Previous != nil {
		if was, err = w.selection.matchesStored(e.Key, e.Previous, e.PreviousRevision); err != nil {
			return w.undecodable(e, err)
		}
	}
	switch {
	case is && !was:
		return w.answer.event(w.Handlers, w.r, watch.Added, e.Value, e.Revision)
	case is:
		return w.answer.event(w.Handlers, w.r, watch.Modified, e.Value, e.Revision)
	case was:
		return w.answer.event(w.Handlers, w.r, watch.Deleted, e.Previous, e.Revision)
	}
	return nil
}

// undecodable ends a watch that cannot go on without leaving out an event.
func (w *watching) undecodable(e storage.Event, err error) error {
	if failed := w.answer.failure(w.r, apierrors.NewInternalError(fmt.Errorf("decoding %s: %w", e.Key, err))); failed != nil {
		return failed
	}
	return fmt.Errorf("decoding %s: %w", e.Key, err)
}

// sendInitial sends the state that the watch begins with and, when the client asked for it in those words, a bookmark
// that says where it ends.
func (w *watching) sendInitial() error {
	for _, kv := range w.initial.items {
		if err := w.answer.event(w.Handlers, w.r, watch.Added, kv.Value, kv.Revision); err != nil {
			return err
		}
	}
	end := w.options.SendInitialEvents != nil && *w.options.SendInitialEvents && w.options.AllowWatchBookmarks
	revision := w.initial.revision
	w.initial = nil
	if end {
		return w.answer.bookmark(w.Handlers, w.r, revision, true)
	}
	return nil
}

// last sends a bookmark before a watch ends because its time is up, so that the client can go on from there.
func (w *watching) last(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && w.options.AllowWatchBookmarks && w.from > 0 {
		if w.answer.bookmark(w.Handlers, w.r, w.from, false) == nil {
			_ = w.answer.flush(w.r) // the watch ends in any case
		}
	}
	return nil
}

// ended tells the client why the store gave up.
func (w *watching) ended(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return nil
	}
	status := apierrors.NewInternalError(err)
	if errors.Is(err, storage.ErrCompacted) {
		status = apierrors.NewResourceExpired(fmt.Sprintf("too old resource version: %d", w.from))
		status.ErrStatus.Code = http.StatusGone
	}
	if w.answer.failure(w.r, status) == nil {
		_ = w.answer.flush(w.r) // as above
	}
	return nil
}
