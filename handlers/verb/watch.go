package verb

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"
	intern "unique"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// bookmarkEvery is how often a client that wants it hears how far its watch is (upstream's figure).
const bookmarkEvery = time.Minute

// watching is one watch, as a stream.Source: what is sent is decided in watchsource.go, for all transports. It outlives its
// request and there may be many thousands, so it keeps little, and nothing of the request once its initial state is sent.
type watching struct {
	*Handlers
	form  intern.Handle[watchForm]
	meter Meter
	// wake tells the transport that there is something to send.
	wake     func()
	follower *cache.Follower
	// timer ticks when the next bookmark is due or the watch is to end, whichever comes first; ends is when that is.
	timer  *time.Timer
	ends   time.Time
	ticked atomic.Bool
	// closing says that the server ends the watch; at is where the server keeps it meanwhile.
	closing atomic.Bool
	at      int
	// last is the revision with which the watch ends, because its resource is not served any more; 0 while it is.
	last atomic.Int64

	// initial is what is left of the state that the watch begins with; nil when all is sent, or it begins with changes, and
	// letGo when it was too late for the rest.
	initial atomic.Pointer[initial]
	// from is the revision up to which everything was sent; sent is that of the last change.
	from, sent int64
	// refused is why the watch ends after its header.
	refused error
	// buffer has what Next gave last, if that was not a frame that others are sent too.
	buffer *[]byte
	// wasSlow says that the watch was counted as one whose client is too slow.
	wasSlow atomic.Bool
	// bookmarks is what the client asked for. single lets Next give one event at a time. columnsSent: a watch of tables names
	// its columns once.
	bookmarks, single, columnsSent bool
}

// watch answers a watch: events until its time is up, the client leaves or the server shuts down. The connection carries
// it, where it can: the request's goroutine ends then. Otherwise that pulls from the same source.
func (h *Handlers) watch(r *pipeline.Request) error {
	answer, err := negotiate(r)
	if err != nil {
		return err
	}
	options, selection, err := selected(r)
	if err != nil {
		return err
	}
	if !r.Resource.HasVerb("watch") {
		return apierrors.NewMethodNotSupported(r.Resource.GroupResource(), "watch")
	}
	socket := isWebSocket(r.HTTP.Header)
	w := &watching{
		Handlers: h, meter: h.meter(r),
		ends: time.Now().Add(h.watchTime(options.TimeoutSeconds)), bookmarks: options.AllowWatchBookmarks,
		single: socket,
	}
	if err := w.begin(r, options, selection); err != nil {
		return err
	}
	// Upstream asks for the rest of the form when its watch has begun.
	if err := answer.includes(r); err != nil {
		return err
	}
	if err := answer.Format.Streamable(); err != nil {
		return err
	}
	w.form = intern.Make(watchForm{*answer, r.Resource})
	detached := false
	if !socket {
		w.wake, detached = r.Detach(w)
	}
	var woken <-chan struct{}
	if !detached {
		w.wake, woken = cache.Signal()
	}
	if err := w.follow(r, selection); err != nil {
		return err
	}
	if socket {
		return w.overSocket(r, woken)
	}
	r.Writer.Header().Set("Content-Type", answer.Format.WatchType())
	r.Writer.WriteHeader(http.StatusOK)
	if detached {
		return nil
	}
	return w.overStream(r, woken)
}

// watchTime is how long a watch lasts: what the client asks for, or a random time so that clients do not all come back at
// once.
func (h *Handlers) watchTime(asked *int64) time.Duration {
	if asked != nil && *asked > 0 {
		return time.Duration(*asked) * time.Second
	}
	return h.MinWatch + time.Duration(rand.Float64()*float64(h.MinWatch))
}

// begin reads the initial state where the client wants it and fixes where the changes begin. Its errors, and those of
// follow, are ordinary answers: nothing has been sent.
func (w *watching) begin(r *pipeline.Request, options metav1.ListOptions, selection *selection) error {
	revision, err := parseVersion(options.ResourceVersion)
	if err != nil {
		return err
	}
	w.from = revision
	send := options.SendInitialEvents
	if send != nil && *send || send == nil && revision == 0 {
		state := metav1.ListOptions{ResourceVersion: options.ResourceVersion, ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan}
		p, err := w.read(r.Context(), r, state, selection)
		if apierrors.HasStatusCause(err, metav1.CauseTypeResourceVersionTooLarge) {
			w.refused = err // which the client has waited for, as for an event
			return nil
		}
		if err != nil {
			return err
		}
		w.from = p.revision
		i := &initial{page: p, since: time.Now()}
		// The client asked for the mark in those words.
		if send != nil && *send && w.bookmarks {
			i.marked = w.meter.Begins(r)
		}
		w.initial.Store(i)
	}
	return nil
}

// follow begins to hear of changes. Ended undoes it.
func (w *watching) follow(r *pipeline.Request, selection *selection) error {
	if w.refused != nil {
		return nil
	}
	follower, err := w.Store.Follow(r.Context(), selection.following(prefix(r, selection)), w.from, w.wake)
	switch {
	case errors.Is(err, storage.ErrCompacted):
		w.refused = err
		w.initial.Store(nil)
		return nil
	case err != nil:
		return storageError(err, r, "")
	}
	w.follower = follower
	w.open.add(w)
	w.timer = time.AfterFunc(time.Hour, w.tick) // not before tick can see the timer
	w.timer.Reset(w.nextTick())
	return nil
}

// prefix is what is watched: one object's key would also match longer names, which the selection leaves out again.
func prefix(r *pipeline.Request, s *selection) string {
	if key := s.key(r); key != "" {
		return key
	}
	return collectionPrefix(r)
}

func (w *watching) nextTick() time.Duration {
	left := time.Until(w.ends)
	if w.bookmarks {
		left = min(left, bookmarkEvery)
	}
	if i := w.initial.Load(); i.isLeft() {
		left = min(left, w.Store.Remembers()-i.still())
	}
	return left
}

// tick sees to the initial state itself, for nobody may ask for more of that any more; the rest is for Next.
func (w *watching) tick() {
	if i := w.initial.Load(); i.isLeft() {
		if w.over() || i.still() >= w.Store.Remembers() {
			w.expire(i)
		} else {
			w.timer.Reset(w.nextTick())
		}
	}
	w.ticked.Store(true)
	w.wake()
}

// Ended implements stream.Source.
func (w *watching) Ended(stalled bool) {
	if stalled {
		w.slow()
	}
	w.release()
	w.initial.Store(nil) // before the timer is stopped: see tick
	if w.follower == nil {
		return
	}
	w.timer.Stop()
	w.follower.Stop()
	w.open.remove(w)
}
