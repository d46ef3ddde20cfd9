package cache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

const (
	// mostPast bounds what all pasts take together, in bytes. Whoever wants to hear of more has to start over: to list is
	// cheaper then for both sides.
	mostPast = 64 << 20
	// eventSize is what a change takes beside its objects, about.
	eventSize = 256
	// A watch that is behind is brought up by etcd in rounds of 100 ms and says nothing when that was all, so the backend
	// is asked, this often.
	askAgain = 20 * time.Millisecond
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

// pastOf reads the changes of a collection, or of all, between two revisions.
func (c *Cache) pastOf(name string, from, through int64) (*past, error) {
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	w, err := c.backend.Watch(ctx, name, from)
	if err != nil {
		return nil, err
	}
	defer w.Stop()
	r := pastReader{
		past: &past{from: from, through: through, taken: &c.past}, attributes: c.options.Attributes,
		now: c.current.Load().root, packer: &packer{}, last: map[string]*Entry{},
	}
	ask := time.NewTimer(nudgeAfter)
	defer ask.Stop()
	for {
		select {
		case e, open := <-w.Events():
			switch {
			case !open && w.Err() != nil:
				err = w.Err()
			case !open:
				err = ErrEnded
			case e.Revision > through || e.Type == storage.Bookmark && e.Revision == through:
				return r.done(), nil
			case e.Type != storage.Bookmark:
				r.add(e)
			}
			if err != nil {
				r.past.release()
				return nil, err
			}
		case <-ask.C:
			c.nudges.nudge(ctx, c.backend.Nudge)
			ask.Reset(askAgain)
		}
	}
}

// pastReader makes a past of a backend's events.
type pastReader struct {
	past       *past
	attributes func(string, []byte) any
	// now is the present state, whose entries are taken where a change made them. packer has its dictionaries.
	now    *node
	packer *packer
	// last are the entries that the changes so far have left.
	last map[string]*Entry
}

func (r *pastReader) add(e storage.Event) {
	out := &Event{Key: e.Key, Revision: e.Revision}
	size := int64(eventSize)
	entry := func(revision int64, value []byte) *Entry {
		if old := r.last[e.Key]; old != nil && old.Revision == revision {
			return old
		}
		if present := r.now.get(e.Key); present != nil && present.Revision == revision {
			return present
		}
		made := &Entry{Key: e.Key, Revision: revision}
		if r.attributes != nil {
			made.Attributes = r.attributes(e.Key, value)
		}
		r.packer.pack(made, r.packing(e.Key), value)
		size += int64(len(made.data)) + eventSize
		return made
	}
	if e.Previous != nil {
		out.Old = entry(e.PreviousRevision, e.Previous)
	}
	if delete(r.last, e.Key); e.Value != nil {
		out.New = entry(e.Revision, e.Value)
		r.last[e.Key] = out.New
	}
	p := r.past
	p.events = append(p.events, out)
	p.bytes += size
	p.taken.Add(size)
	for p.taken.Load() > mostPast && len(p.events) > 0 {
		r.drop()
	}
}

// drop forgets the oldest change. The sizes are not kept one by one: on average it is right.
func (r *pastReader) drop() {
	p := r.past
	size := p.bytes / int64(len(p.events))
	p.from = p.events[0].Revision
	p.events[0] = nil
	p.events = p.events[1:]
	p.bytes -= size
	p.taken.Add(-size)
}

// packing has the dictionary that the present entries of the key's collection have.
func (r *pastReader) packing(key string) *packing {
	name := topic(key)
	if t := r.packer.byTopic[name]; t != nil {
		return t
	}
	t := r.packer.of(name)
	r.now.leaves(name, prefixEnd(name), func(_ *node, entries []*Entry) bool {
		t.dict = entries[0].dict
		return false
	})
	return t
}

// done is the past that was read. Of its newest changes readers may keep their own forms, as of those in a log.
func (r *pastReader) done() *past {
	p := r.past
	for _, e := range p.events[:max(0, len(p.events)-warm)] {
		e.Kept.drop()
	}
	p.events = slices.Clip(p.events)
	p.read = time.Now()
	return p
}

// plainEntry is an entry of what the cache does not hold.
func (c *Cache) plainEntry(key string, revision int64, value []byte) *Entry {
	e := &Entry{Key: key, Revision: revision, data: value, size: len(value)}
	if c.options.Attributes != nil {
		e.Attributes = c.options.Attributes(key, value)
	}
	return e
}
