package queue

import (
	"sync/atomic"
	"time"
)

// Bounds are the upper bounds of the buckets of Durations in seconds, upstream's for work queues.
var Bounds = []float64{1e-08, 1e-07, 1e-06, 9.999999999999999e-06, 9.999999999999999e-05, 0.001, 0.01, 0.1, 1, 10}

// Durations is a histogram: how many lasted no longer than each bound, and all of them.
type Durations struct {
	Buckets []uint64
	Count   uint64
	Seconds float64
}

// Stats are the numbers of a queue.
type Stats struct {
	Name string
	// Depth is how many keys are ready; Adds, Retries and Faults count.
	Depth                 int
	Adds, Retries, Faults uint64
	Waited, Worked        Durations
	// Unfinished is how long what is worked on now has taken together, Longest the longest of that.
	Unfinished, Longest time.Duration
}

type numbers struct {
	adds, retries, faults atomic.Uint64
	waited, worked        histogram
}

type histogram struct {
	buckets [11]atomic.Uint64
	nanos   atomic.Int64
}

func (h *histogram) observe(d time.Duration) {
	i := 0
	for i < len(Bounds) && d.Seconds() > Bounds[i] {
		i++
	}
	h.buckets[i].Add(1)
	h.nanos.Add(int64(d))
}

func (h *histogram) read() Durations {
	d := Durations{Buckets: make([]uint64, len(Bounds)), Seconds: time.Duration(h.nanos.Load()).Seconds()}
	for i := range h.buckets {
		d.Count += h.buckets[i].Load()
		if i < len(Bounds) {
			d.Buckets[i] = d.Count
		}
	}
	return d
}

// Stats are the queue's numbers now.
func (q *Queue) Stats() Stats {
	n := &q.numbers
	s := Stats{Name: q.name, Adds: n.adds.Load(), Retries: n.retries.Load(), Faults: n.faults.Load(), Waited: n.waited.read(), Worked: n.worked.read()}
	q.mu.Lock()
	defer q.mu.Unlock()
	s.Depth = len(q.ready)
	for _, x := range q.state {
		if !x.began.IsZero() {
			took := time.Since(x.began)
			s.Unfinished, s.Longest = s.Unfinished+took, max(s.Longest, took)
		}
	}
	return s
}
