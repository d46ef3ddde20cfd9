package verb

import (
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// openWatches are the watches that are open, so that the server can end them. The zero value has none.
type openWatches struct {
	mu     sync.Mutex
	all    []*watching
	closed bool
}

// over is the 429 for a watch of a server that shuts down. Its last watches have just ended, and their clients
// begin anew over connections that they do not know to be ended. A watch that ended at once would make them list everything;
// this, as a refused connection, lets them go on from where they were.
func (o *openWatches) over() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return apierrors.NewTooManyRequests("the server is shutting down", 1)
	}
	return nil
}

// add keeps a watch until it is removed. One that comes too late ends at once.
func (o *openWatches) add(w *watching) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		w.close()
	}
	w.at = len(o.all)
	o.all = append(o.all, w)
}

func (o *openWatches) remove(w *watching) {
	o.mu.Lock()
	defer o.mu.Unlock()
	last := len(o.all) - 1
	o.all[w.at], o.all[last].at = o.all[last], w.at
	o.all[last] = nil
	o.all = o.all[:last]
}

// EndWatchesOf ends the watches of a resource that is not served any more, without a word, as upstream does, once they have told
// all that has happened. Their clients ask again, and are told that there is none.
func (h *Handlers) EndWatchesOf(gone schema.GroupVersionResource) {
	now, _ := h.Store.Latest()
	h.open.mu.Lock()
	defer h.open.mu.Unlock()
	for _, w := range h.open.all {
		if w.form.Value().res.GVR() == gone {
			w.last.Store(max(1, now.Revision))
			w.wake()
		}
	}
}

// EndWatches ends all watches and lets none begin any more: the server is about to shut down, and their connections are to
// drain.
func (h *Handlers) EndWatches() {
	h.open.mu.Lock()
	defer h.open.mu.Unlock()
	h.open.closed = true
	for _, w := range h.open.all {
		w.close()
		w.wake()
	}
}
