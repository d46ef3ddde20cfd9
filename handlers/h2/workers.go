package h2

import (
	"runtime"
	"sync"
)

// workers are goroutines that have run a handler or written, and wait for the next occasion, because a new goroutine would
// begin with a small stack: growing it four or five times was a fifth of what a GET costs. The last one that became idle is
// taken first; the collector shrinks the stacks of those that are not used. They end with the last connection of their server.
type workers struct {
	mu   sync.Mutex // innermost, as readyList.mu
	idle []chan task
	open bool
}

// task is a handler to run, or with no start a connection to write.
type task struct {
	start
	conn *conn
}

func (t *task) do() {
	if t.stream != nil {
		t.conn.run(t.start)
	} else {
		t.conn.drain(nil)
	}
}

// do sees to a task on a goroutine of its own. It does not wait.
func (w *workers) do(t task) {
	w.mu.Lock()
	if n := len(w.idle); n > 0 {
		worker := w.idle[n-1]
		w.idle = w.idle[:n-1]
		w.mu.Unlock()
		worker <- t // it waits, or is about to
		return
	}
	w.mu.Unlock()
	go w.work(t)
}

func (w *workers) work(t task) {
	next := make(chan task, 1)
	for ok := true; ok; {
		t.do()
		t = task{} // it must not be kept while there is nothing to do
		if !w.wait(next) {
			return
		}
		t, ok = <-next
	}
}

// wait makes a worker one of the idle; false when there are enough.
func (w *workers) wait(worker chan task) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.open || len(w.idle) >= 4*runtime.GOMAXPROCS(0) {
		return false
	}
	w.idle = append(w.idle, worker)
	return true
}

// set opens or ends the whole.
func (w *workers) set(open bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = open
	if !open {
		for _, worker := range w.idle {
			close(worker)
		}
		w.idle = nil
	}
}
