package verb

import "sync"

// openWatches are the watches that are open, so that the server can end them. The zero value has none.
type openWatches struct {
	mu     sync.Mutex
	all    []*watching
	closed bool
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

// EndWatches ends all watches, and those that are still to come as soon as they have begun: the server is about to shut
// down, and their connections are to drain.
func (h *Handlers) EndWatches() {
	h.open.mu.Lock()
	defer h.open.mu.Unlock()
	h.open.closed = true
	for _, w := range h.open.all {
		w.close()
		w.wake()
	}
}
