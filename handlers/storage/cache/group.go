package cache

import (
	"sync"
	"sync/atomic"
	"time"
)

// Delivery is a change as a selection sees it.
type Delivery struct {
	*Event
	Turn Turn
}

// group are the followers of one selection and the log that they read. Each has its own place in it, by number: whoever
// is so slow that his place is gone has to start over, and keeps nothing in memory meanwhile.
type group struct {
	selection Selection
	// log is written under the hub's lock and read without any.
	log atomic.Pointer[deliveries]
	// at is where the topic keeps the group among those found in the same way; -1 when it no longer does. touched says that
	// there is something new. Both belong to the hub's lock.
	at      int
	touched bool
	// mu holds the followers while they are woken.
	mu        sync.Mutex
	followers []*Follower
}

// deliveries are a group's log as it is at a moment. Later moments share what lies in it, so it is never written to, only
// behind its end.
type deliveries struct {
	all []Delivery
	// base is the number of the first delivery in all.
	base int64
	// ended is why no more will come.
	ended error
}

func newGroup(s Selection) *group {
	g := &group{selection: s}
	g.log.Store(&deliveries{})
	return g
}

// offer appends the change if it concerns the selection, and says whether it does.
func (g *group) offer(e *Event) bool {
	turn := g.selection.turn(e)
	if turn == 0 {
		return false
	}
	l := *g.log.Load()
	l.all = append(l.all, Delivery{e, turn})
	g.log.Store(&l)
	return true
}

// has says whether the newest delivery is of this change already.
func (g *group) has(e *Event) bool {
	l := g.log.Load()
	return len(l.all) > 0 && l.all[len(l.all)-1].Event == e
}

// end ends the group. Nobody trims it any more, so what is not read yet is dropped: a follower that is stalled would keep it.
func (g *group) end(err error) {
	l := g.log.Load()
	g.log.Store(&deliveries{base: l.base + int64(len(l.all)), ended: err})
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, f := range g.followers {
		f.drop(f.replay.Load())
	}
}

// wake is called without the hub's lock: how long it takes to wake thousands should not keep others from coming.
func (g *group) wake() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, f := range g.followers {
		f.wake()
	}
}

func (g *group) add(f *Follower) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.log.Load()
	f.group, f.selection = g, &g.selection
	f.place.Store(l.base + int64(len(l.all)))
	f.at = len(g.followers)
	g.followers = append(g.followers, f)
}

// remove says whether nobody is left.
func (g *group) remove(f *Follower) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	last := len(g.followers) - 1
	moved := g.followers[last]
	g.followers[f.at], moved.at = moved, f.at
	g.followers[last] = nil
	g.followers = g.followers[:last]
	return last == 0
}

// forget lets go of what followers from before oldest have still not read of what was there when they came.
func (g *group) forget(oldest time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, f := range g.followers {
		f.forget(oldest)
	}
}

// trim drops what all have read, and what happened up to floor in any case. What is left is copied, because a reader may be
// at the dropped part just now; so a little is left to be dropped with more.
func (g *group) trim(floor int64) {
	l := g.log.Load()
	if len(l.all) == 0 {
		return
	}
	slowest := l.base + int64(len(l.all))
	g.mu.Lock()
	for _, f := range g.followers {
		slowest = min(slowest, f.place.Load())
	}
	g.mu.Unlock()
	n := max(int(slowest-l.base), 0)
	for n < len(l.all) && l.all[n].Revision <= floor {
		n++
	}
	if n > 0 && n >= len(l.all)/4 {
		g.log.Store(&deliveries{all: append([]Delivery(nil), l.all[n:]...), base: l.base + int64(n), ended: l.ended})
	}
}
