package cache

import (
	"strings"
	"sync"
	"time"
)

const (
	// Fewer objects than indexFrom are looked at one by one: that takes less than 50 us.
	indexFrom = 1000
	// indexIdle is how long an index that is of no use stays, and how long it is remembered that one would have been.
	indexIdle = 5 * time.Minute
	// mostIndexes bounds what is indexed of a collection, and with it what a change costs there.
	mostIndexes = 16
	// mostWanted bounds how many indexes are remembered to be wanted.
	mostWanted = 1024
	// forgetAtOnce is how many departures are worked through while readers and the next change wait.
	forgetAtOnce = 500
)

// indexes are those that somebody has use for. An index is made when its attribute is asked for a second time: a list
// that comes once costs less than the index would, and a cluster pays for nothing that it does not select by.
type indexes struct {
	// mu is held while changes are noted and the state that they lead to is published, so what the indexes know and the
	// present state belong together; by readers while they copy some keys, which takes microseconds. It guards all that
	// follows, and the indexes themselves.
	mu      sync.RWMutex
	byTopic map[string][]*index
	wanted  map[want]time.Time
	// revision is that of the present state.
	revision int64

	// filling is held by the one goroutine that reads a state into an index: one at a time is enough.
	filling sync.Mutex
}

// want is an index that there is not.
type want struct {
	scope string
	Attribute
}

// publish makes a state the present one, which events lead to.
func (c *Cache) publish(s *snapshot, events []*Event) {
	x := &c.indexes
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.byTopic) > 0 {
		for _, e := range events {
			for _, ix := range x.byTopic[topic(e.Key)] {
				ix.note(e)
			}
		}
	}
	x.revision = s.revision
	c.current.Store(s)
}

// replace makes a state the present one that nothing is known to lead to. The indexes are those of another time.
func (c *Cache) replace(s *snapshot) {
	x := &c.indexes
	x.mu.Lock()
	defer x.mu.Unlock()
	x.byTopic = nil
	x.revision = s.revision
	c.current.Store(s)
}

// note takes a change in, or puts it aside.
func (ix *index) note(e *Event) {
	switch {
	case !ix.started || !strings.HasPrefix(e.Key, ix.scope):
	case ix.ready:
		ix.change(e)
	default:
		ix.aside = append(ix.aside, e)
	}
}

// find is the index of an attribute, ready or not; nil when there is none.
func (x *indexes) find(w want) *index {
	for _, ix := range x.byTopic[topic(w.scope)] {
		if ix.scope == w.scope && ix.attribute == w.Attribute {
			return ix
		}
	}
	return nil
}

// want notes that an index would have been of use. It returns one that is to be filled when that was not the first time.
func (x *indexes) want(w want, owners owners, now time.Time) *index {
	x.mu.Lock()
	defer x.mu.Unlock()
	name := topic(w.scope)
	if x.find(w) != nil || len(x.byTopic[name]) >= mostIndexes || name == "" {
		return nil
	}
	last, again := x.wanted[w]
	if !again || last.Before(now.Add(-indexIdle)) {
		if x.wanted == nil {
			x.wanted = map[want]time.Time{}
		}
		if again || len(x.wanted) < mostWanted {
			x.wanted[w] = now
		}
		return nil
	}
	delete(x.wanted, w)
	ix := &index{scope: w.scope, attribute: w.Attribute, owners: owners}
	ix.used.Store(now.Unix())
	if x.byTopic == nil {
		x.byTopic = map[string][]*index{}
	}
	x.byTopic[name] = append(x.byTopic[name], ix)
	return ix
}

// fill makes an index ready, beside the changes that go on.
func (c *Cache) fill(ix *index) {
	x := &c.indexes
	x.filling.Lock()
	defer x.filling.Unlock()
	x.mu.Lock()
	s := *c.current.Load()
	ix.started = true
	x.mu.Unlock()
	ix.fill(s)
	x.mu.Lock()
	defer x.mu.Unlock()
	// Of an index that was dropped meanwhile nobody knows any more.
	ix.open()
}

// sweep drops what nobody has used, and makes the indexes forget what the history has forgotten up to floor.
func (x *indexes) sweep(floor int64, now time.Time) {
	x.mu.Lock()
	for w, last := range x.wanted {
		if last.Before(now.Add(-indexIdle)) {
			delete(x.wanted, w)
		}
	}
	var left []*index
	for name, all := range x.byTopic {
		kept := make([]*index, 0, len(all))
		for _, ix := range all {
			if !ix.idle(now) {
				kept = append(kept, ix)
			}
		}
		if left = append(left, kept...); len(kept) > 0 {
			x.byTopic[name] = kept
		} else {
			delete(x.byTopic, name)
		}
	}
	x.mu.Unlock()
	for _, ix := range left {
		for more := true; more; {
			x.mu.Lock()
			more = ix.ready && ix.forget(floor, forgetAtOnce)
			x.mu.Unlock()
		}
	}
}

// ready is how many there are that answer.
func (x *indexes) ready() (n int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	for _, all := range x.byTopic {
		for _, ix := range all {
			if ix.ready {
				n++
			}
		}
	}
	return n
}
