package cache

import (
	"context"
	"slices"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

const (
	// mostPast bounds what all pasts take together, in bytes. Whoever wants to hear of more has to start over: to list is
	// cheaper then for both sides.
	mostPast = 64 << 20
	// eventSize is what a change takes beside its objects, about.
	eventSize = 256
	// A watch that is behind is brought up by an external etcd in rounds of 100 ms and says nothing when that was all, so the
	// backend is asked, this often.
	askAgain = 20 * time.Millisecond
)

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
	ask := time.NewTimer(progressAfter)
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
			c.progress.request(ctx, c.backend.RequestProgress)
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
