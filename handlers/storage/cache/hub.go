package cache

import (
	"context"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// warm is how many changes of a collection readers may keep their own forms of, as long as the objects are no more than
// warmBytes together. Whoever is further behind makes them again; without a bound, all forms of all that is remembered would
// be in memory.
const (
	warm      = 256
	warmBytes = 16 << 20
)

// hub hands changes to followers. Followers that select the same share a group: each change is matched once for all of
// them, and they read one log. The hub's goroutine only appends and wakes; nobody who reads slowly can hold it up.
type hub struct {
	// queue has what is to be handed out.
	queueMu sync.Mutex
	queue   []*Event
	through int64
	work    chan struct{}

	// handed hears of the key of every change that was handed out; nil for nobody.
	handed func(key string)

	// mu is held while changes are handed out, and by followers that come and go.
	mu     sync.Mutex
	topics map[string]*topicLog
	// followers and groups are how many there are, waiting how many followers have not joined yet.
	followers, groups, waiting int
	// wide are groups whose prefix spans collections; every change is shown to them.
	wide topicLog
	// floor is the oldest revision from which changes are known; known is false before the first load.
	floor int64
	known bool
	// touched are the groups that are to be woken; emptied whenever mu is released.
	touched []*group
	// told is the revision up to which all groups have everything. It is stored last: who reads it before looking into a
	// log finds there all that it covers.
	told atomic.Int64
}

func (h *hub) start() {
	h.work = make(chan struct{}, 1)
	h.topics = map[string]*topicLog{}
}

// push queues changes. It never waits.
func (h *hub) push(events []*Event, through int64) {
	h.queueMu.Lock()
	h.queue = append(h.queue, events...)
	h.through = through
	h.queueMu.Unlock()
	select {
	case h.work <- struct{}{}:
	default:
	}
}

func (h *hub) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			h.end(ErrEnded)
			return
		case <-h.work:
			h.handOut()
		}
	}
}

// handOut gives everything that is queued to the groups it concerns.
func (h *hub) handOut() {
	h.mu.Lock()
	h.queueMu.Lock()
	events, through := h.queue, h.through
	h.queue = nil
	h.queueMu.Unlock()
	for _, e := range events {
		h.topic(topic(e.Key)).show(h, e)
		h.wide.show(h, e)
		if h.handed != nil {
			h.handed(e.Key)
		}
	}
	h.told.Store(max(through, h.told.Load()))
	h.unlockAndWake()
}

// unlockAndWake ends what was done under the hub's lock.
func (h *hub) unlockAndWake() {
	touched := h.touched
	h.touched = nil
	for _, g := range touched {
		g.touched = false
	}
	h.mu.Unlock()
	for _, g := range touched {
		g.wake()
	}
}

// touch notes that a group has something new.
func (h *hub) touch(g *group) {
	if !g.touched {
		g.touched = true
		h.touched = append(h.touched, g)
	}
}

// reset ends all followers, after everything was loaded anew, and begins at a revision.
func (h *hub) reset(revision int64) {
	h.mu.Lock()
	h.queueMu.Lock()
	h.queue, h.through = nil, revision
	h.queueMu.Unlock()
	for t := range h.logs {
		t.events, t.warm, t.warmBytes = nil, 0, 0
		t.releasePast()
		t.end(h, storage.ErrCompacted)
	}
	h.floor, h.known = revision, true
	h.told.Store(revision)
	h.unlockAndWake()
}

// end ends all followers, and lets no others join.
func (h *hub) end(err error) {
	h.mu.Lock()
	h.known = false
	for t := range h.logs {
		t.end(h, err)
		h.fail(t, err, func(*Follower) bool { return true })
	}
	h.unlockAndWake()
}

// logs are all there are. They may be deleted meanwhile.
func (h *hub) logs(yield func(*topicLog) bool) {
	if !yield(&h.wide) {
		return
	}
	for _, t := range h.topics {
		if !yield(t) {
			return
		}
	}
}

// trim forgets changes up to floor, and what was read of the past before oldest.
func (h *hub) trim(floor int64, oldest time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	floor = max(min(floor, h.told.Load()), h.floor)
	further := floor > h.floor
	h.floor = floor
	h.wide.trim(floor, oldest, further)
	for name, t := range h.topics {
		if t.trim(floor, oldest, further); t.empty() {
			delete(h.topics, name)
		}
	}
}

// after is the index of the first event after a revision.
func after(events []*Event, revision int64) int {
	return sort.Search(len(events), func(i int) bool { return events[i].Revision > revision })
}

// join adds a follower that begins at a revision that the hub knows; false when that is too long ago.
func (h *hub) join(f *Follower) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.known && h.admit(h.log(f.selection.Prefix), f)
}

// admit is join with the lock held.
func (h *hub) admit(t *topicLog, f *Follower) bool {
	switch {
	case f.stopped:
		return false
	case f.from >= h.floor:
		f.replay.Store(replayOf(nil, t.events[after(t.events, f.from):]))
	case t.past.joins(f.from, h.floor):
		past := t.past.events
		f.replay.Store(replayOf(past[after(past, f.from):], t.events[after(t.events, t.past.through):]))
	default:
		return false
	}
	h.followers++
	if g, isNew := t.group(f.selection); isNew {
		h.groups++
		g.add(f)
	} else {
		g.add(f)
	}
	f.settled.Store(true)
	return true
}

func replayOf(past, log []*Event) *replay {
	if len(past)+len(log) == 0 {
		return nil
	}
	return &replay{past, log, time.Now()}
}

// log is where the changes under a prefix are found.
func (h *hub) log(prefix string) *topicLog {
	name := logOf(prefix)
	if name == "" {
		return &h.wide
	}
	return h.topic(name)
}

// topic is the log of a collection.
func (h *hub) topic(name string) *topicLog {
	t := h.topics[name]
	if t == nil {
		t = &topicLog{}
		h.topics[name] = t
	}
	return t
}

// logOf is the collection that all keys under a prefix belong to; "" when they may belong to several.
func logOf(prefix string) string {
	name := topic(prefix)
	if name == "" || topic(name+"x/") != name {
		return ""
	}
	return name
}

// leave removes a follower, and its group when it was the last.
func (h *hub) leave(f *Follower) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if f.stopped {
		return
	}
	f.stopped = true
	if f.waiting {
		f.waiting = false
		h.waiting--
	}
	if f.group == nil {
		return
	}
	h.followers--
	if f.group.remove(f) {
		h.groups--
		h.log(f.selection.Prefix).forget(f.group)
	}
}
