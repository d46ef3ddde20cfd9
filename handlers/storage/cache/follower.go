package cache

import (
	"context"
	"errors"
	"fmt"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// batch is how many deliveries Next gives at most.
const batch = 64

// Follower reads the changes of a selection. Except for Ready and Stop, it is used by one goroutine.
type Follower struct {
	selection Selection
	hub       *hub
	wake      chan struct{}
	// from is the revision after which the follower wants to hear; replay are changes from before it joined.
	from   int64
	replay []*Event
	// group and place are where it reads on; both belong to the group's lock once it joined.
	group *group
	place int64
	// stopped belongs to the hub's lock: a follower that was stopped does not join any more.
	stopped bool
	// past is where changes come from that are too old for the hub, until the follower has joined it; nil when there are
	// none.
	past   *past
	joined bool
	out    []Delivery
}

// ErrTooSlow goes with the storage.ErrCompacted of a follower that did not read what came in time.
var ErrTooSlow = errors.New("too slow")

// ErrEnded is how a follower ends whose context or cache has ended.
var ErrEnded = errors.New("watch has ended")

// Follow begins to follow a selection after a revision; 0 means from now on. The follower must be stopped. What is older
// than the cache knows comes from the backend, as long as ctx lasts.
func (c *Cache) Follow(ctx context.Context, s Selection, from int64) (*Follower, error) {
	if from < 0 {
		return nil, fmt.Errorf("watch %s: revision %d is negative", s.Prefix, from)
	}
	if c.history.isCompacted(from) && from > 0 {
		return nil, fmt.Errorf("watch %s: %w", s.Prefix, storage.ErrCompacted)
	}
	if c.ctx.Err() != nil {
		return nil, fmt.Errorf("watch %s: %w", s.Prefix, errClosed)
	}
	if from == 0 || c.current.Load() == nil {
		now, err := c.fresh(ctx)
		if err != nil {
			return nil, fmt.Errorf("watch %s: %w", s.Prefix, err)
		}
		if from == 0 {
			from = now.revision
		}
	}
	f := &Follower{selection: s, hub: &c.hub, wake: make(chan struct{}, 1)}
	if f.joined = c.hub.join(f, from); !f.joined {
		var err error
		if f.past, err = c.openPast(ctx, f, from); err != nil {
			return nil, err
		}
	}
	f.signal()
	return f, nil
}

func (f *Follower) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// Ready has something when Next may have deliveries. That only the revision moved wakes nobody.
func (f *Follower) Ready() <-chan struct{} { return f.wake }

// Stop may be called more than once and from any goroutine.
func (f *Follower) Stop() {
	if f.past != nil {
		f.past.cancel()
	}
	f.hub.leave(f)
}

// Next gives what has happened since the last call, without waiting: some deliveries, valid until the next call, and
// the revision up to which the follower has heard everything once it has worked through them. more says that there is
// more already. The error is storage.ErrCompacted when the follower has become too slow.
func (f *Follower) Next() (deliveries []Delivery, through int64, more bool, err error) {
	f.out = f.out[:0]
	if !f.joined {
		return f.past.next(f)
	}
	for len(f.replay) > 0 && len(f.out) < batch {
		e := f.replay[0]
		f.replay = f.replay[1:]
		if turn := f.selection.turn(e); turn != 0 && e.Revision > f.from {
			f.out = append(f.out, Delivery{e, turn})
		}
		through = e.Revision
	}
	if len(f.replay) > 0 {
		// Not the whole of the last revision may be out yet.
		return f.out, through - 1, true, nil
	}
	f.replay = nil
	told := f.hub.told.Load()
	g := f.group
	g.mu.Lock()
	defer g.mu.Unlock()
	if f.place < g.base {
		return f.out, 0, false, fmt.Errorf("watch %s: %w: %w", f.selection.Prefix, ErrTooSlow, storage.ErrCompacted)
	}
	for f.place < g.base+int64(len(g.log)) {
		if len(f.out) >= batch {
			return f.out, f.out[len(f.out)-1].Revision - 1, true, nil
		}
		if d := g.log[f.place-g.base]; d.Revision > f.from {
			f.out = append(f.out, d)
		}
		f.place++
	}
	if g.ended != nil && len(f.out) == 0 {
		return f.out, 0, false, fmt.Errorf("watch %s: %w", f.selection.Prefix, g.ended)
	}
	if n := len(f.out); n > 0 {
		told = max(told, f.out[n-1].Revision-1)
	}
	return f.out, told, g.ended != nil, nil
}
