package cache

import (
	"context"
	"fmt"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// past brings a follower from a revision that the hub does not know any more up to one that it does, through a watch of
// the backend's own. It ends at the first bookmark that the hub reaches back to: there no revision is cut in two.
type past struct {
	cancel context.CancelFunc
	events chan pastEvent
	// err is valid once events is closed.
	err error
}

// pastEvent is a change, or without one a bookmark.
type pastEvent struct {
	event   *Event
	through int64
}

// openPast starts the goroutine that reads the backend's watch. It ends with that, which Stop, ctx and Close see to.
func (c *Cache) openPast(ctx context.Context, f *Follower, from int64) (*past, error) {
	ctx, cancel := context.WithCancel(ctx)
	release := context.AfterFunc(c.ctx, cancel)
	giveUp := func() { release(); cancel() }
	w, err := c.backend.Watch(ctx, f.selection.Prefix, from)
	if err != nil {
		giveUp()
		return nil, err
	}
	p := &past{cancel: cancel, events: make(chan pastEvent, batch)}
	err = c.begin(func() {
		c.past.Add(1)
		defer c.past.Add(-1)
		defer giveUp()
		defer f.signal()
		defer close(p.events)
		defer w.Stop()
		for e := range w.Events() {
			select {
			case p.events <- c.pastEvent(e):
				f.signal()
			case <-ctx.Done():
				return
			}
		}
		p.err = w.Err()
	})
	if err != nil {
		giveUp()
		return nil, fmt.Errorf("watch %s: %w", f.selection.Prefix, err)
	}
	return p, nil
}

func (c *Cache) pastEvent(e storage.Event) pastEvent {
	if e.Type == storage.Bookmark {
		return pastEvent{through: e.Revision}
	}
	out := &Event{Key: e.Key, Revision: e.Revision}
	// Nobody else shares these, so nothing is to be kept with them.
	out.Kept.drop()
	if e.Value != nil {
		out.New = c.plainEntry(e.Key, e.Revision, e.Value)
	}
	if e.Previous != nil {
		out.Old = c.plainEntry(e.Key, e.PreviousRevision, e.Previous)
	}
	return pastEvent{event: out, through: e.Revision - 1}
}

func (c *Cache) plainEntry(key string, revision int64, value []byte) *Entry {
	e := &Entry{Key: key, Revision: revision, data: value, size: len(value)}
	if c.options.Attributes != nil {
		e.Attributes = c.options.Attributes(key, value)
	}
	return e
}

// next is Follower.Next while the follower has not joined the hub.
func (p *past) next(f *Follower) (deliveries []Delivery, through int64, more bool, err error) {
	for len(f.out) < batch {
		select {
		case e, open := <-p.events:
			switch {
			case !open && len(f.out) > 0:
				return f.out, through, true, nil
			case !open && p.err != nil:
				return f.out, 0, false, p.err
			case !open:
				return f.out, 0, false, ErrEnded
			}
			through = e.through
			if e.event != nil {
				if turn := f.selection.turn(e.event); turn != 0 {
					f.out = append(f.out, Delivery{e.event, turn})
				}
				continue
			}
			if f.joined = f.hub.join(f, through); f.joined {
				p.cancel()
				return f.out, through, true, nil
			}
		default:
			return f.out, through, false, nil
		}
	}
	return f.out, through, true, nil
}
