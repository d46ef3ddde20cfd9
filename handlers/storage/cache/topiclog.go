package cache

import "time"

// topicLog is what is remembered of one collection and the groups that want to hear of it. It belongs to the hub's lock.
type topicLog struct {
	// events are only added to, for followers read them without the lock; what is forgotten is left out of a copy. A few are
	// older than the hub's floor.
	events []*Event
	// warm is how many of the newest events may be kept in readers' forms, and warmBytes the size of their objects.
	warm, warmBytes int
	// past is what was read again of the changes before those; nil when nobody asked lately. waiting are the followers that
	// have asked for it, remembering says that a goroutine is at it.
	past        *past
	waiting     []*Follower
	remembering bool

	// same has the groups that others can join. Each group is also in one of the lists: byName and byField have those that
	// only one name, or one value of a field, can concern, groups those that every change is shown to.
	same            map[sameness]*group
	groups          []*group
	byName, byField map[fieldValue][]*group
}

// show remembers a change and offers it to the groups.
func (t *topicLog) show(h *hub, e *Event) {
	t.events = append(t.events, e)
	// Every change is in the wide log too, where a collection that changes all the time would push out the others'.
	if t != &h.wide {
		t.cool(e)
	}
	for _, g := range t.groups {
		if g.offer(e) {
			h.touch(g)
		}
	}
	if len(t.byName) > 0 {
		for _, g := range t.byName[nameOf(e.Key)] {
			if g.offer(e) {
				h.touch(g)
			}
		}
	}
	if len(t.byField) == 0 {
		return
	}
	// A change of the field itself concerns those who had the object and those who get it.
	some := func(groups []*group) {
		for _, g := range groups {
			if !g.has(e) && g.offer(e) {
				h.touch(g)
			}
		}
	}
	if known := fieldsOf(e, func(f fieldValue) { some(t.byField[f]) }); !known {
		for _, groups := range t.byField {
			some(groups)
		}
	}
}

// cool lets go of what readers have kept of changes that a new one pushes out.
func (t *topicLog) cool(e *Event) {
	t.warm, t.warmBytes = t.warm+1, t.warmBytes+e.size()
	for t.warm > 1 && (t.warm > warm || t.warmBytes > warmBytes) {
		oldest := t.events[len(t.events)-t.warm]
		oldest.Kept.drop()
		t.warm, t.warmBytes = t.warm-1, t.warmBytes-oldest.size()
	}
}

// drop forgets the first n events.
func (t *topicLog) drop(n int) {
	for _, e := range t.events[max(0, len(t.events)-t.warm):max(n, len(t.events)-t.warm)] {
		t.warm, t.warmBytes = t.warm-1, t.warmBytes-e.size()
	}
	t.events = append([]*Event(nil), t.events[n:]...)
}

// end ends all groups. Their followers leave when they notice.
func (t *topicLog) end(h *hub, err error) {
	for g := range t.all {
		g.end(err)
		g.at = -1
		h.touch(g)
	}
	t.same, t.groups, t.byName, t.byField = nil, nil, nil, nil
}

func (t *topicLog) all(yield func(*group) bool) {
	each := func(groups []*group) bool {
		for _, g := range groups {
			if !yield(g) {
				return false
			}
		}
		return true
	}
	if !each(t.groups) {
		return
	}
	for _, found := range [2]map[fieldValue][]*group{t.byName, t.byField} {
		for _, groups := range found {
			if !each(groups) {
				return
			}
		}
	}
}

// trim forgets changes up to floor, where that went further, and the past that was read before oldest, together with what
// followers have not read since then.
func (t *topicLog) trim(floor int64, oldest time.Time, further bool) {
	if t.past != nil && (t.past.through < floor || t.past.read.Before(oldest)) {
		t.releasePast()
	}
	for g := range t.all {
		g.forget(oldest)
	}
	if !further {
		return
	}
	if n := after(t.events, floor); n > 0 && n >= len(t.events)/4 {
		t.drop(n)
	}
	for g := range t.all {
		g.trim(floor)
	}
}

func (t *topicLog) releasePast() {
	if t.past != nil {
		t.past.release()
		t.past = nil
	}
}

func (t *topicLog) empty() bool {
	return len(t.events) == 0 && len(t.groups)+len(t.byName)+len(t.byField) == 0 && t.past == nil && !t.remembering
}

// list is where groups of a selection are kept.
func (t *topicLog) list(s *Selection) (found *map[fieldValue][]*group, at fieldValue) {
	switch {
	case s.Name != "":
		return &t.byName, fieldValue{value: s.Name}
	case s.Field != "":
		return &t.byField, fieldValue{s.Field, s.Value}
	}
	return nil, fieldValue{}
}

// group is that of the followers with one selection.
func (t *topicLog) group(s *Selection) (g *group, isNew bool) {
	same, shared := s.sameness()
	if g := t.same[same]; shared && g != nil {
		return g, false
	}
	g = newGroup(*s)
	if shared {
		if t.same == nil {
			t.same = map[sameness]*group{}
		}
		t.same[same] = g
	}
	found, at := t.list(s)
	if found == nil {
		g.at = len(t.groups)
		t.groups = append(t.groups, g)
		return g, true
	}
	if *found == nil {
		*found = map[fieldValue][]*group{}
	}
	g.at = len((*found)[at])
	(*found)[at] = append((*found)[at], g)
	return g, true
}

// forget drops a group that nobody is left in.
func (t *topicLog) forget(g *group) {
	if g.at < 0 {
		return
	}
	if same, shared := g.selection.sameness(); shared {
		delete(t.same, same)
	}
	found, at := t.list(&g.selection)
	if found == nil {
		t.groups = without(t.groups, g)
		return
	}
	if rest := without((*found)[at], g); len(rest) > 0 {
		(*found)[at] = rest
	} else {
		delete(*found, at)
	}
}

// without removes a group from its list and does not keep the order of the others: a thousand that leave at once should
// not look for themselves in each other's list.
func without(groups []*group, g *group) []*group {
	last := len(groups) - 1
	groups[g.at], groups[last].at = groups[last], g.at
	groups[last] = nil
	return groups[:last]
}
