package memory

import (
	"container/heap"
	"time"
)

// life is the time to live of one pair.
type life struct {
	of    *pair
	until time.Time
	// place is where in the heap it is.
	place int
}

// lives are all that end, the next one first. One timer waits for that. The lock of the Store guards it.
type lives struct {
	heap  ends
	timer *time.Timer
}

// begin gives a pair a time to live. expire is called when the first of all is over.
func (l *lives) begin(of *pair, ttl time.Duration, expire func()) *life {
	x := &life{of: of, until: time.Now().Add(ttl)}
	heap.Push(&l.heap, x)
	switch {
	case l.timer == nil:
		l.timer = time.AfterFunc(ttl, expire)
	case x.place == 0:
		l.timer.Reset(ttl)
	}
	return x
}

// end forgets the life of a pair that was replaced or deleted; nil is none. The timer may find that nothing is to be done.
func (l *lives) end(x *life) {
	if x != nil {
		heap.Remove(&l.heap, x.place)
	}
}

// over is a pair whose time has come; nil when there is none, and then the timer waits for the next.
func (l *lives) over(now time.Time) *pair {
	if len(l.heap) == 0 {
		return nil
	}
	first := l.heap[0]
	if wait := first.until.Sub(now); wait > 0 {
		l.timer.Reset(wait)
		return nil
	}
	return first.of
}

func (l *lives) stop() {
	if l.timer != nil {
		l.timer.Stop()
	}
	l.heap = nil
}

// expire deletes the pairs whose time is over.
func (s *Store) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for p := s.lives.over(now); p != nil; p = s.lives.over(now) {
		s.remove(p)
	}
}

// ends implements heap.Interface.
type ends []*life

func (e ends) Len() int           { return len(e) }
func (e ends) Less(i, j int) bool { return e[i].until.Before(e[j].until) }
func (e ends) Swap(i, j int) {
	e[i], e[j] = e[j], e[i]
	e[i].place, e[j].place = i, j
}

func (e *ends) Push(x any) {
	l := x.(*life)
	l.place = len(*e)
	*e = append(*e, l)
}

func (e *ends) Pop() any {
	last := len(*e) - 1
	l := (*e)[last]
	(*e)[last] = nil
	*e = (*e)[:last]
	return l
}
