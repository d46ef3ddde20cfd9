package cache

import (
	"slices"
	"sync"
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
	mu        sync.Mutex
	followers []*Follower
	log       []Delivery
	// base is the number of the first delivery in log.
	base int64
	// ended is why no more will come.
	ended error
}

// offer appends the change if it concerns the selection.
func (g *group) offer(e *Event) bool {
	turn := g.selection.turn(e)
	if turn == 0 {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.log = append(g.log, Delivery{e, turn})
	return true
}

func (g *group) wake() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, f := range g.followers {
		f.signal()
	}
}

func (g *group) add(f *Follower) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f.group, f.place = g, g.base+int64(len(g.log))
	g.followers = append(g.followers, f)
}

// remove says whether nobody is left.
func (g *group) remove(f *Follower) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.followers = slices.DeleteFunc(g.followers, func(x *Follower) bool { return x == f })
	return len(g.followers) == 0
}

func (g *group) end(err error) {
	g.mu.Lock()
	g.ended = err
	g.mu.Unlock()
	g.wake()
}

// trim drops what all have read, and what happened up to floor in any case.
func (g *group) trim(floor int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	slowest := g.base + int64(len(g.log))
	for _, f := range g.followers {
		slowest = min(slowest, f.place)
	}
	n := int(slowest - g.base)
	for n = max(n, 0); n < len(g.log) && g.log[n].Revision <= floor; n++ {
	}
	clear(g.log[:n])
	g.log = g.log[n:]
	g.base += int64(n)
	if len(g.log) == 0 {
		g.log = nil
	}
}
