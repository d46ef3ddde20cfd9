package h2

import "sync"

// readyList has the streams that may have something to send. Wakes come from anywhere, with any locks held: nothing is done
// under its own lock but this.
type readyList struct {
	mu   sync.Mutex
	list []*stream
}

func (r *readyList) add(st *stream) {
	r.mu.Lock()
	r.list = append(r.list, st)
	r.mu.Unlock()
}

// take gives what is there, and keeps the array that it is given for what comes.
func (r *readyList) take(empty []*stream) []*stream {
	r.mu.Lock()
	list := r.list
	r.list = empty
	r.mu.Unlock()
	return list
}

func (r *readyList) empty() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.list) == 0
}

// schedule puts a stream on the list once. The caller sees to it that there is a writer.
func (c *conn) schedule(st *stream) {
	if st.queued.CompareAndSwap(false, true) {
		c.ready.add(st)
	}
}

// kick says that there is something to write, and has a worker do it where nobody is writing. It never waits.
func (c *conn) kick() {
	if c.work.Add(1) == 1 {
		c.server.workers.do(task{conn: c})
	}
}

// write is kick for somebody who may wait: he is the writer himself where there is none. With a stream he stays for no
// longer than that has something to send, because he has other things to do; without, until nothing is left.
func (c *conn) write(own *stream) {
	if c.work.Add(1) == 1 {
		c.drain(own)
	}
}
