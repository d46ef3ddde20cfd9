package cache

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// replayAtOnce is how many changes from before it joined a follower looks at in one Next, which others wait for.
const replayAtOnce = 1024

// Follower reads the changes of a selection. There may be many thousands, so it is small: what it has not read lies in the
// log of its group. Except for Stop, it is used by one goroutine at a time.
type Follower struct {
	hub       *hub
	selection *Selection
	wake      func()
	// from is the revision after which the follower wants to hear; replay has the changes from before it joined, until they
	// are read, or forgotten because it took too long.
	from   int64
	replay atomic.Pointer[replay]
	// settled says that the follower has joined a group, or has failed. What is said of it here is not touched by others
	// then. Before that it waits for the past, under the hub's lock.
	settled atomic.Bool
	failed  error
	// group and place are where it reads on; at is where the group keeps it.
	group *group
	place atomic.Int64
	at    int
	// waiting and stopped belong to the hub's lock: a follower that was stopped does not join any more.
	waiting, stopped bool
}

// replay is what a follower has yet to hear from before it joined: of the past, and then of its topic's log. A thousand
// that come back at once share the lists, which are not changed while somebody reads them.
type replay struct {
	past, log []*Event
	since     time.Time
}

// forgotten is the replay of a follower that has lost what was left of its own.
var forgotten = &replay{}

// next is the next change; nil when there are no more.
func (r *replay) next() (e *Event) {
	from := &r.past
	if len(r.past) == 0 {
		from = &r.log
	}
	if len(*from) > 0 {
		e, *from = (*from)[0], (*from)[1:]
	}
	return e
}

// forget lets go of a replay that was there before oldest: all that is remembered by then has come after it, and a client
// that takes nothing would keep it for as long as its watch lasts. It is called beside Next.
func (f *Follower) forget(oldest time.Time) {
	if r := f.replay.Load(); r != forgotten && r != nil && r.since.Before(oldest) {
		f.drop(r)
	}
}

// drop forgets a replay, unless it was read meanwhile.
func (f *Follower) drop(r *replay) {
	if r != nil {
		f.replay.CompareAndSwap(r, forgotten)
	}
}

// ErrTooSlow goes with the storage.ErrCompacted of a follower that did not read what came in time.
var ErrTooSlow = errors.New("too slow")

// ErrEnded is how a follower ends whose cache has ended.
var ErrEnded = errors.New("watch has ended")

// Follow begins to follow a selection after a revision; 0 means from now on. The follower must be stopped. wake is called
// when Next may have something, from any goroutine and with locks held: it must neither wait nor use the follower. That
// only the revision moved wakes nobody. What is older than the cache knows comes from the backend; the follower has nothing
// before all of that is there.
func (c *Cache) Follow(ctx context.Context, s Selection, from int64, wake func()) (*Follower, error) {
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
	f := &Follower{hub: &c.hub, selection: &s, wake: wake, from: from}
	if c.hub.join(f) {
		return f, nil
	}
	if err := c.remember(f); err != nil {
		return nil, fmt.Errorf("watch %s: %w", s.Prefix, err)
	}
	return f, nil
}

// Signal is a wake for a goroutine that waits: woken has something when it was called since.
func Signal() (wake func(), woken <-chan struct{}) {
	c := make(chan struct{}, 1)
	return func() {
		select {
		case c <- struct{}{}:
		default:
		}
	}, c
}

// Stop may be called more than once and from any goroutine.
func (f *Follower) Stop() { f.hub.leave(f) }

// Next gives the next change, without waiting: none when there is none now. through is the revision up to which the
// follower has heard everything once it has worked through that, as far as it knows; what it was given may be ahead of it.
// The error has storage.ErrCompacted when the follower has become too slow or wants to hear of what nobody knows any more.
func (f *Follower) Next() (d Delivery, through int64, err error) {
	if !f.settled.Load() {
		return Delivery{}, 0, nil
	}
	if f.failed != nil {
		return Delivery{}, 0, f.failed
	}
	replay := f.replay.Load()
	for looked := 0; replay != nil && replay != forgotten; looked++ {
		e := replay.next()
		if e == nil {
			f.replay.CompareAndSwap(replay, nil)
			break
		}
		if turn := f.selection.turn(e); turn != 0 {
			// Not the whole of the revision may be out yet.
			return Delivery{e, turn}, e.Revision - 1, nil
		}
		if looked == replayAtOnce {
			f.wake()
			return Delivery{}, 0, nil
		}
	}
	// Read before the log: see hub.told.
	told := f.hub.told.Load()
	log := f.group.log.Load()
	if log.ended != nil {
		return Delivery{}, 0, fmt.Errorf("watch %s: %w", f.selection.Prefix, log.ended)
	}
	place := f.place.Load()
	if replay == forgotten || place < log.base {
		return Delivery{}, 0, f.tooSlow()
	}
	for ; place < log.base+int64(len(log.all)); place++ {
		// A watch may begin in the future.
		if d := log.all[place-log.base]; d.Revision > f.from {
			f.place.Store(place + 1)
			return d, d.Revision - 1, nil
		}
	}
	if place != f.place.Load() {
		f.place.Store(place)
	}
	return Delivery{}, told, nil
}

func (f *Follower) tooSlow() error {
	return fmt.Errorf("watch %s: %w: %w", f.selection.Prefix, ErrTooSlow, storage.ErrCompacted)
}
