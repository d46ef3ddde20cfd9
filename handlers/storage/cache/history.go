package cache

import (
	"sort"
	"sync"
	"time"
)

// Event is one change. It is shared by all its readers and immutable, but for what readers keep with it.
type Event struct {
	Key      string
	Revision int64
	// Old is what was there before, New what is there now: nil for nothing.
	Old, New *Entry
	// Kept is for readers: see Kept.
	Kept Kept
	when time.Time
	// same says that New has all attributes that Old has, owners aside.
	same bool
}

// size is the length of the object's value.
func (e *Event) size() int {
	if e.New != nil {
		return e.New.size
	}
	return e.Old.size
}

// keepAttributes lets an object that was changed in something else have the attributes that it had.
func (e *Event) keepAttributes() {
	if e.Old == nil {
		return
	}
	if x, ok := e.New.Attributes.(Indexed); ok && x.Same(e.Old.Attributes) {
		e.New.Attributes, e.same = e.Old.Attributes, true
	}
}

// snapshot is the state of the whole key space at a revision.
type snapshot struct {
	root     *node
	revision int64
}

// markEvery is how many changes lie between two snapshots that are kept. A state in between is made from the later of
// them by taking changes back: a few microseconds each, for a fraction of the memory that all snapshots would take.
const markEvery = 64

// history is what the cache still knows of the past. The goroutine that follows the store adds to it, readers of old
// states look into it.
type history struct {
	mu sync.RWMutex
	// events are the changes after floor, in order; floor is the oldest revision whose state can be made.
	events []*Event
	floor  int64
	marks  []snapshot
	// unmarked are the events since the last mark.
	unmarked int
	// compacted is what a caller asked to forget.
	compacted int64
}

// reset forgets everything before a state.
func (h *history) reset(s snapshot) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events, h.marks, h.floor, h.unmarked = nil, nil, s.revision, 0
}

// add notes changes and the state after them.
func (h *history) add(events []*Event, after snapshot) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, events...)
	if h.unmarked += len(events); h.unmarked >= markEvery {
		h.marks = append(h.marks, after)
		h.unmarked = 0
	}
}

// trim forgets what happened before oldest, and the oldest beyond most. It returns the new floor.
func (h *history) trim(oldest time.Time, most int) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := sort.Search(len(h.events), func(i int) bool { return !h.events[i].when.Before(oldest) })
	n = max(n, len(h.events)-most)
	// A revision goes as a whole.
	for n > 0 && n < len(h.events) && h.events[n].Revision == h.events[n-1].Revision {
		n++
	}
	if n > 0 {
		h.floor = h.events[n-1].Revision
		clear(h.events[:n])
		h.events = h.events[n:]
		m := sort.Search(len(h.marks), func(i int) bool { return h.marks[i].revision > h.floor })
		clear(h.marks[:m])
		h.marks = h.marks[m:]
	}
	return h.floor
}

// at is the state at a revision between floor and that of now; false when that is too long ago.
func (h *history) at(revision int64, now snapshot) (snapshot, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if revision < h.floor || revision < h.compacted {
		return snapshot{}, false
	}
	from := now
	if m := sort.Search(len(h.marks), func(i int) bool { return h.marks[i].revision >= revision }); m < len(h.marks) && h.marks[m].revision < now.revision {
		from = h.marks[m]
	}
	last := sort.Search(len(h.events), func(i int) bool { return h.events[i].Revision > from.revision })
	root := from.root
	for i := last - 1; i >= 0 && h.events[i].Revision > revision; i-- {
		if e := h.events[i]; e.Old != nil {
			root, _ = root.set(e.Old)
		} else {
			root, _ = root.remove(e.Key)
		}
	}
	return snapshot{root: root, revision: revision}, true
}

// compact notes that a caller wants what is older to be forgotten.
func (h *history) compact(revision int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.compacted = max(h.compacted, revision)
}

func (h *history) isCompacted(revision int64) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return revision < h.compacted
}
