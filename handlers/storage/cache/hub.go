package cache

import (
	"context"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// warm is how many changes of a collection readers may keep their own forms of. Whoever is further behind makes them
// again; without a bound, all forms of all that is remembered would be in memory.
const warm = 256

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
	// followers and groups are how many there are.
	followers, groups int
	// wide are groups whose prefix spans collections; every change is shown to them.
	wide topicLog
	// floor is the oldest revision from which changes are known; known is false before the first load.
	floor int64
	known bool
	// told is the revision up to which all groups have everything. It is stored last: who reads it before looking into a
	// log finds there all that it covers.
	told atomic.Int64
}

// topicLog is what is remembered of one collection and the groups that want to hear of it.
type topicLog struct {
	events []*Event
	groups []*group
	// byName and byField have the groups that only one name, or one value of a field, can concern.
	byName, byField map[fieldValue][]*group
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
			return
		case <-h.work:
			h.handOut()
		}
	}
}

// handOut gives everything that is queued to the groups it concerns.
func (h *hub) handOut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.queueMu.Lock()
	events, through := h.queue, h.through
	h.queue = nil
	h.queueMu.Unlock()
	touched := map[*group]bool{}
	for _, e := range events {
		if t := h.topics[topic(e.Key)]; t != nil {
			t.show(e, touched)
		} else {
			h.topics[topic(e.Key)] = &topicLog{events: []*Event{e}}
		}
		h.wide.show(e, touched)
		if h.handed != nil {
			h.handed(e.Key)
		}
	}
	h.told.Store(max(through, h.told.Load()))
	for g := range touched {
		g.wake()
	}
}

// show remembers a change and offers it to the groups.
func (t *topicLog) show(e *Event, touched map[*group]bool) {
	t.events = append(t.events, e)
	if n := len(t.events); n > warm {
		t.events[n-1-warm].Kept.drop()
	}
	for _, g := range t.groups {
		if g.offer(e) {
			touched[g] = true
		}
	}
	for _, g := range t.byName[nameOf(e.Key)] {
		if g.offer(e) {
			touched[g] = true
		}
	}
	if len(t.byField) == 0 {
		return
	}
	// A change of the field itself concerns those who had the object and those who get it.
	some := func(groups []*group) {
		for _, g := range groups {
			if !touchedBy(g, e) && g.offer(e) {
				touched[g] = true
			}
		}
	}
	if known := fieldsOf(e, func(f fieldValue) { some(t.byField[f]) }); !known {
		for _, groups := range t.byField {
			some(groups)
		}
	}
}

// touchedBy says whether the group's newest delivery is of this change already.
func touchedBy(g *group, e *Event) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.log) > 0 && g.log[len(g.log)-1].Event == e
}

// reset ends all followers, after everything was loaded anew, and begins at a revision.
func (h *hub) reset(revision int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.queueMu.Lock()
	h.queue, h.through = nil, revision
	h.queueMu.Unlock()
	for _, t := range append([]*topicLog{&h.wide}, mapValues(h.topics)...) {
		t.events = nil
		for _, g := range t.all() {
			g.end(storage.ErrCompacted)
		}
		t.groups, t.byName, t.byField = nil, nil, nil
	}
	h.floor, h.known = revision, true
	h.told.Store(revision)
}

func mapValues(m map[string]*topicLog) []*topicLog {
	out := make([]*topicLog, 0, len(m))
	for _, t := range m {
		out = append(out, t)
	}
	return out
}

func (t *topicLog) all() []*group {
	out := slices.Clone(t.groups)
	for _, indexed := range []map[fieldValue][]*group{t.byName, t.byField} {
		for _, gs := range indexed {
			out = append(out, gs...)
		}
	}
	return out
}

// trim forgets changes up to floor.
func (h *hub) trim(floor int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if floor = min(floor, h.told.Load()); floor <= h.floor {
		return
	}
	h.floor = floor
	h.wide.trim(floor)
	for name, t := range h.topics {
		if t.trim(floor); len(t.events) == 0 && len(t.groups)+len(t.byName)+len(t.byField) == 0 {
			delete(h.topics, name)
		}
	}
}

func (t *topicLog) trim(floor int64) {
	n := after(t.events, floor)
	clear(t.events[:n])
	if t.events = t.events[n:]; len(t.events) == 0 {
		t.events = nil
	}
	for _, g := range t.all() {
		g.trim(floor)
	}
}

// after is the index of the first event after a revision.
func after(events []*Event, revision int64) int {
	return sort.Search(len(events), func(i int) bool { return events[i].Revision > revision })
}

// join adds a follower from a revision that the hub knows; false when that is too long ago.
func (h *hub) join(f *Follower, from int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.known || from < h.floor || f.stopped {
		return false
	}
	t := h.log(f.selection.Prefix)
	n := after(t.events, from)
	f.replay = slices.Clone(t.events[n:])
	f.from = from
	h.group(t, f)
	return true
}

// log is where the changes under a prefix are found.
func (h *hub) log(prefix string) *topicLog {
	name := topic(prefix)
	if name == "" || topic(name+"x/") != name {
		return &h.wide
	}
	t := h.topics[name]
	if t == nil {
		t = &topicLog{}
		h.topics[name] = t
	}
	return t
}

// index is where groups of a selection are found by a name or a value; nil for those that every change is shown to.
func (t *topicLog) index(s *Selection) (*map[fieldValue][]*group, fieldValue) {
	switch {
	case s.Name != "":
		return &t.byName, fieldValue{value: s.Name}
	case s.Field != "":
		return &t.byField, fieldValue{s.Field, s.Value}
	}
	return nil, fieldValue{}
}

// group puts a follower into the group of those that select the same.
func (h *hub) group(t *topicLog, f *Follower) {
	index, at := t.index(&f.selection)
	among := t.groups
	if index != nil {
		among = (*index)[at]
	}
	h.followers++
	for _, g := range among {
		if g.selection.same(f.selection) {
			g.add(f)
			return
		}
	}
	h.groups++
	g := &group{selection: f.selection}
	g.add(f)
	switch {
	case index == nil:
		t.groups = append(t.groups, g)
	case *index == nil:
		*index = map[fieldValue][]*group{at: {g}}
	default:
		(*index)[at] = append((*index)[at], g)
	}
}

// leave removes a follower, and its group when it was the last.
func (h *hub) leave(f *Follower) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if f.stopped {
		return
	}
	if f.stopped = true; f.group == nil {
		return
	}
	h.followers--
	if !f.group.remove(f) {
		return
	}
	h.groups--
	t := h.log(f.selection.Prefix)
	without := func(gs []*group) []*group {
		return slices.DeleteFunc(gs, func(g *group) bool { return g == f.group })
	}
	if index, at := t.index(&f.selection); index != nil {
		if gs := without((*index)[at]); len(gs) > 0 {
			(*index)[at] = gs
		} else {
			delete(*index, at)
		}
		return
	}
	t.groups = without(t.groups)
}
