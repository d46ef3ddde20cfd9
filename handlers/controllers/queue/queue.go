// Package queue has the work queue of the server's own controllers: keys that wait for a few workers, each once, later again
// when they fail. Workers exist only while there is work.
package queue

import (
	"container/heap"
	"context"
	"log/slog"
	"sync"
	"time"
)

// Delays of a key that fails: the first, and the longest after many failures. They are upstream's.
const (
	firstDelay = 5 * time.Millisecond
	maxDelay   = 1000 * time.Second
)

// Work is done for a key. A key with an error comes again, each time later; one with a positive delay comes again after it.
type Work func(ctx context.Context, key string) (again time.Duration, err error)

// Queue is a work queue. It is safe for concurrent use. Make one with New.
type Queue struct {
	name    string
	workers int
	pace    *Pace
	log     *slog.Logger
	work    Work

	mu sync.Mutex
	// ready are the keys to be worked on, in order; state has these and those that are being worked on.
	ready []string
	state map[string]*state
	later delayed
	// failures counts those of keys in a row.
	failures map[string]int
	working  int
	wake     chan struct{}
	numbers  numbers
}

// state of a key that waits or is being worked on.
type state struct {
	added time.Time
	// began is when work on it began; zero while it waits.
	began time.Time
	// dirty: it was added while it was being worked on, and comes again.
	dirty bool
}

// New makes a queue whose keys are worked on by so many workers at most, at a pace that several queues share.
func New(name string, workers int, pace *Pace, log *slog.Logger, work Work) *Queue {
	return &Queue{name: name, workers: workers, pace: pace, log: log.With("controller", name), work: work, state: map[string]*state{}, failures: map[string]int{}, wake: make(chan struct{}, 1)}
}

// Add puts a key into the queue unless it waits there.
func (q *Queue) Add(key string) {
	q.mu.Lock()
	q.add(key)
	q.mu.Unlock()
	q.nudge()
}

// AddAfter does so after a while.
func (q *Queue) AddAfter(key string, after time.Duration) {
	if after <= 0 {
		q.Add(key)
		return
	}
	q.mu.Lock()
	heap.Push(&q.later, due{key, time.Now().Add(after)})
	q.mu.Unlock()
	q.nudge()
}

func (q *Queue) add(key string) {
	s := q.state[key]
	switch {
	case s == nil:
		q.state[key] = &state{added: time.Now()}
		q.ready = append(q.ready, key)
		q.numbers.adds.Add(1)
	case !s.began.IsZero() && !s.dirty:
		s.dirty = true
		q.numbers.adds.Add(1)
	}
}

func (q *Queue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, and returns when the last worker has ended. It must run once.
func (q *Queue) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(q.start(ctx, &running))
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		case <-timer.C:
		}
	}
}

// start lets workers begin for what is ready and says when something will be.
func (q *Queue) start(ctx context.Context, running *sync.WaitGroup) time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for len(q.later) > 0 && !q.later[0].at.After(now) {
		q.add(heap.Pop(&q.later).(due).key)
	}
	for range min(q.workers-q.working, len(q.ready)) {
		q.working++
		running.Go(func() { q.worker(ctx) })
	}
	if len(q.later) == 0 {
		return time.Hour
	}
	return q.later[0].at.Sub(now)
}

// worker works until nothing is ready.
func (q *Queue) worker(ctx context.Context) {
	for {
		key, found := q.next(ctx)
		if !found {
			return
		}
		if q.pace.Take(ctx) != nil {
			return // the server ends
		}
		began := time.Now()
		again, err := q.work(ctx, key)
		q.numbers.worked.observe(time.Since(began))
		q.done(ctx, key, again, err)
	}
}

// next is a key that is ready. A worker that finds none is no more.
func (q *Queue) next(ctx context.Context) (string, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.ready) == 0 || ctx.Err() != nil {
		q.working--
		return "", false
	}
	key := q.ready[0]
	q.ready = q.ready[1:]
	s := q.state[key]
	s.began = time.Now()
	q.numbers.waited.observe(time.Since(s.added))
	return key, true
}

// done decides when a key comes again.
func (q *Queue) done(ctx context.Context, key string, again time.Duration, err error) {
	q.mu.Lock()
	dirty := q.state[key].dirty
	delete(q.state, key)
	if dirty {
		q.state[key] = &state{added: time.Now()}
		q.ready = append(q.ready, key)
	}
	if err == nil {
		delete(q.failures, key)
	} else {
		again = firstDelay << min(q.failures[key], 20)
		again = min(again, maxDelay)
		q.failures[key]++
		q.numbers.retries.Add(1)
	}
	if again > 0 {
		heap.Push(&q.later, due{key, time.Now().Add(again)})
	}
	q.mu.Unlock()
	if err != nil && ctx.Err() == nil {
		q.numbers.faults.Add(1)
		q.log.Debug("a key failed and is tried again", "key", key, "after", again, "error", err)
	}
	if again > 0 {
		q.nudge()
	}
}

// due is a key that comes at a time.
type due struct {
	key string
	at  time.Time
}

// delayed is a heap of them by time.
type delayed []due

func (d delayed) Len() int           { return len(d) }
func (d delayed) Less(i, j int) bool { return d[i].at.Before(d[j].at) }
func (d delayed) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *delayed) Push(x any)        { *d = append(*d, x.(due)) }
func (d *delayed) Pop() any {
	old := *d
	last := old[len(old)-1]
	*d = old[:len(old)-1]
	return last
}
