package cache

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// past are changes of a collection from before those that its log has: after a revision, up to another. After the start
// of a server all its clients come back at once and want to go on where they were. Those of a collection share one watch of
// the backend that reads what they missed; nobody who is up to date pays for it, and it is read only when somebody asks.
type past struct {
	from, through int64
	events        []*Event
	// read is when; a past is kept as long as other changes.
	read  time.Time
	bytes int64
	// taken is what all pasts take.
	taken *atomic.Int64
}

// joins says whether a follower that begins at a revision can hear from the past and then from a log that begins at floor.
func (p *past) joins(from, floor int64) bool {
	return p != nil && from >= p.from && p.through >= floor
}

func (p *past) release() { p.taken.Add(-p.bytes) }

// remember lets a follower wait until the past that it wants to hear of has been read.
func (c *Cache) remember(f *Follower) error {
	name := logOf(f.selection.Prefix)
	h := &c.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.log(name)
	if !t.remembering {
		// Waits for nothing but a lock that is not held for long.
		if err := c.begin(func() { c.readPast(name, t) }); err != nil {
			return err
		}
		t.remembering = true
	}
	t.waiting = append(t.waiting, f)
	f.waiting = true
	h.waiting++
	return nil
}

// readPast reads the past until nobody waits for it.
func (c *Cache) readPast(name string, t *topicLog) {
	for lowest := true; ; {
		from, through, wanted := c.hub.wanted(t, lowest)
		if !wanted {
			return
		}
		p, err := c.pastOf(name, from, through)
		c.hub.remembered(t, p, from, err)
		// When the lowest of many wants too much, others may too; half of them are spared a try of their own then.
		lowest = err == nil
	}
}

// wanted is which past to read: up to now, from where the first of those who wait wants to go on, or the middle one. It is
// false when nobody waits any more.
func (h *hub) wanted(t *topicLog, lowest bool) (from, through int64, wanted bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t.waiting = slices.DeleteFunc(t.waiting, func(f *Follower) bool { return f.stopped })
	if len(t.waiting) == 0 {
		t.remembering, t.waiting = false, nil
		return 0, 0, false
	}
	slices.SortFunc(t.waiting, func(a, b *Follower) int { return cmp.Compare(a.from, b.from) })
	first := t.waiting[0]
	if !lowest {
		first = t.waiting[len(t.waiting)/2]
	}
	return first.from, h.told.Load(), true
}

// remembered lets those join whom the past brings up to the present. Those who wanted to hear of more than there is fail;
// the others, who came meanwhile, go on waiting.
func (h *hub) remembered(t *topicLog, p *past, from int64, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		h.fail(t, err, func(f *Follower) bool { return f.from <= from || !errors.Is(err, storage.ErrCompacted) })
		return
	}
	t.releasePast()
	t.past = p
	waiting := t.waiting
	t.waiting = nil
	for _, f := range waiting {
		switch {
		case f.stopped:
		case h.admit(t, f):
			f.waiting = false
			h.waiting--
			f.wake()
		default:
			t.waiting = append(t.waiting, f)
		}
	}
	// What was read does not reach as far back, or took so long that the log has gone on.
	h.fail(t, storage.ErrCompacted, func(f *Follower) bool { return f.from >= from })
}

// fail ends some of the followers that wait. The caller holds the lock.
func (h *hub) fail(t *topicLog, err error, which func(*Follower) bool) {
	t.waiting = slices.DeleteFunc(t.waiting, func(f *Follower) bool {
		if f.stopped || !which(f) {
			return f.stopped
		}
		f.waiting = false
		h.waiting--
		f.failed = fmt.Errorf("watch %s from %d: %w", f.selection.Prefix, f.from, err)
		f.settled.Store(true)
		f.wake()
		return true
	})
}
