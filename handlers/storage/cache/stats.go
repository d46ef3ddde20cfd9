package cache

import (
	"strings"
	"sync"
	"time"
)

// Stats are figures about a Cache. They are kept as things happen or are lengths of what is there: to ask for them costs
// the same however many objects and watchers there are.
type Stats struct {
	// Loads is how often everything was read from the backend.
	Loads int64
	// Collections are the objects of the present state by the collection that their keys belong to (see Collection).
	Collections map[string]Weight
	// Changes are remembered, the oldest of them since Since; States are kept to make those in between of.
	Changes, States int
	Since           time.Time
	// Indexes are those that selectors are answered from.
	Indexes int
	// Pieces is what encoded forms of leaves take, in bytes.
	Pieces int
	// Followers are those that are open, in Groups of the same selection each; Past of them wait for what is read again from the
	// backend.
	Followers, Groups, Past int
}

// Weight is what the objects of a collection take.
type Weight struct {
	Objects int
	// Stored is the length of their values, Packed that of what the cache holds instead.
	Stored, Packed int64
}

func (w *Weight) add(e *Entry) {
	w.Objects++
	w.Stored += int64(e.size)
	w.Packed += int64(len(e.data))
}

func (w *Weight) remove(e *Entry) {
	w.Objects--
	w.Stored -= int64(e.size)
	w.Packed -= int64(len(e.data))
}

// weights keep count of the present state. The goroutine that follows the store writes them, anybody reads.
type weights struct {
	mu      sync.Mutex
	loads   int64
	byTopic map[string]*Weight
}

// loaded begins anew with the entries of a whole state.
func (w *weights) loaded(entries []*Entry) {
	byTopic := map[string]*Weight{}
	last, name := (*Weight)(nil), ""
	for _, e := range entries {
		// They are sorted, so most are of the collection of the one before.
		if name == "" || !strings.HasPrefix(e.Key, name) {
			name = topic(e.Key)
			if last = byTopic[name]; last == nil {
				last = &Weight{}
				byTopic[name] = last
			}
		}
		last.add(e)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.byTopic = byTopic
	w.loads++
}

// changed counts that now lies where old lay; either may be nil. The name is not kept.
func (w *weights) changed(name string, old, now *Entry) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.byTopic[name]
	if t == nil {
		if t = (&Weight{}); w.byTopic == nil {
			w.byTopic = map[string]*Weight{}
		}
		w.byTopic[strings.Clone(name)] = t
	}
	if old != nil {
		t.remove(old)
	}
	if now != nil {
		t.add(now)
	}
}

// Collection is the collection that a key, or the prefix of keys, belongs to as far as a key tells, with a slash at both
// ends; "" for none.
func Collection(key string) string { return topic(key) }

// Stats reads the figures.
func (c *Cache) Stats() Stats {
	var s Stats
	c.weights.mu.Lock()
	s.Loads = c.weights.loads
	s.Collections = make(map[string]Weight, len(c.weights.byTopic))
	for name, w := range c.weights.byTopic {
		s.Collections[name] = *w
	}
	c.weights.mu.Unlock()
	s.Changes, s.States, s.Since = c.history.extent()
	s.Indexes = c.indexes.ready()
	c.pieces.mu.Lock()
	s.Pieces = c.pieces.bytes
	c.pieces.mu.Unlock()
	c.hub.mu.Lock()
	s.Followers, s.Groups, s.Past = c.hub.followers, c.hub.groups, c.hub.waiting
	c.hub.mu.Unlock()
	s.Followers += s.Past
	return s
}

// Oldest is the revision after which the cache knows all changes.
func (c *Cache) Oldest() int64 {
	c.history.mu.RLock()
	defer c.history.mu.RUnlock()
	return max(c.history.floor, c.history.compacted)
}

// extent is how much is remembered, and since when.
func (h *history) extent() (changes, states int, since time.Time) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if len(h.events) > 0 {
		since = h.events[0].when
	}
	return len(h.events), len(h.marks), since
}
