package cache

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// index finds the keys of a collection by the values of one attribute. It is not versioned: a key stays under a value for
// as long as the history knows a state in which it had it, so the index names too many keys for any one state, but never
// too few, and whoever reads it looks the keys up in the state that he has. An update that leaves the attribute alone, as
// nearly all do, costs it nothing.
//
// All of it belongs to the lock of the indexes, except for used.
type index struct {
	scope     string
	attribute Attribute
	owners    owners
	// ready is false until the keys of a state have been read; until then changes are put aside.
	ready   bool
	started bool
	aside   []*Event
	// floor is the oldest revision whose keys are all here.
	floor int64

	byValue map[string]*posting
	// unknown are the keys of objects that the attribute cannot be told of.
	unknown posting
	// leaving are the values that keys do not have any more, in the order of their revisions, and the revision at which a
	// key left a value last, unless it came back.
	leaving []departure
	left    map[membership]int64
	// used is when the index was worth its while last, in seconds.
	used atomic.Int64
	// was and is are scratch.
	was, is []string
}

// membership is that a key has a value.
type membership struct{ value, key string }

type departure struct {
	membership
	revision int64
}

// unknownValue stands for the objects that the attribute cannot be told of. Should something have it for its value, that is
// found with them.
const unknownValue = "\x00unknown"

func (ix *index) posting(value string) *posting {
	if value == unknownValue {
		return &ix.unknown
	}
	return ix.byValue[value]
}

// values are those of an entry; nil has none.
func (ix *index) values(dst []string, e *Entry) []string {
	if e == nil {
		return dst[:0]
	}
	dst, known := ix.attribute.values(dst[:0], e, ix.owners)
	if !known {
		dst = append(dst, unknownValue)
	}
	return dst
}

// fill reads the keys of a state. It is called before the index is ready, without a lock: nobody else looks at what it writes.
func (ix *index) fill(s snapshot) {
	sorted := map[string][]string{}
	s.root.leaves(ix.scope, prefixEnd(ix.scope), func(_ *node, entries []*Entry) bool {
		for _, e := range entries {
			ix.is = ix.values(ix.is, e)
			for _, v := range ix.is {
				// An owner may be named twice.
				if keys := sorted[v]; len(keys) == 0 || keys[len(keys)-1] != e.Key {
					sorted[v] = append(keys, e.Key)
				}
			}
		}
		return true
	})
	ix.byValue = make(map[string]*posting, len(sorted))
	for v, keys := range sorted {
		if v == unknownValue {
			ix.unknown = *newPosting(keys)
		} else {
			ix.byValue[strings.Clone(v)] = newPosting(keys)
		}
	}
	ix.left = map[membership]int64{}
	ix.floor = s.revision
}

// open makes the index ready: it catches up with what was put aside.
func (ix *index) open() {
	for _, e := range ix.aside {
		if e.Revision > ix.floor {
			ix.change(e)
		}
	}
	ix.aside, ix.ready = nil, true
}

// change notes what a change does to the values of its key.
func (ix *index) change(e *Event) {
	if e.same && ix.attribute.Of != Owner {
		return
	}
	ix.was, ix.is = distinct(ix.values(ix.was, e.Old)), distinct(ix.values(ix.is, e.New))
	was, is := ix.was, ix.is
	for len(was) > 0 || len(is) > 0 {
		switch {
		case len(was) == 0 || len(is) > 0 && is[0] < was[0]:
			ix.join(is[0], e.Key)
			is = is[1:]
		case len(is) == 0 || was[0] < is[0]:
			m := membership{was[0], e.Key}
			ix.leaving = append(ix.leaving, departure{m, e.Revision})
			ix.left[m] = e.Revision
			was = was[1:]
		default:
			was, is = was[1:], is[1:]
		}
	}
}

// distinct sorts values and leaves out those that come twice: an object may have thousands of owners.
func distinct(values []string) []string {
	if len(values) > 1 {
		slices.Sort(values)
	}
	return slices.Compact(values)
}

func (ix *index) join(value, key string) {
	p := ix.posting(value)
	if p == nil {
		p = &posting{}
		// The value may be a part of something larger.
		ix.byValue[strings.Clone(value)] = p
	}
	p.add(key)
	delete(ix.left, membership{value, key})
}

// forget takes out keys that left their values up to floor, at most most of them; more says that there are others.
func (ix *index) forget(floor int64, most int) (more bool) {
	n := 0
	for n < len(ix.leaving) && ix.leaving[n].revision <= floor {
		if n == most {
			more = true
			break
		}
		d := ix.leaving[n]
		n++
		// A key that came back, or left again later, stays.
		if ix.left[d.membership] != d.revision {
			continue
		}
		delete(ix.left, d.membership)
		ix.floor = d.revision
		p := ix.posting(d.value)
		if p.remove(d.key); p.size == 0 && p != &ix.unknown {
			delete(ix.byValue, d.value)
		}
	}
	clear(ix.leaving[:n])
	if ix.leaving = ix.leaving[n:]; len(ix.leaving) == 0 {
		ix.leaving = nil
	}
	return more
}

// count is how many keys in [from, end) may have one of some values.
func (ix *index) count(values []string, from, end string) int {
	n := ix.unknown.count(from, end)
	for _, v := range values {
		if p := ix.byValue[v]; p != nil {
			n += p.count(from, end)
		}
	}
	return n
}

// appendKeys appends the first of those keys, in order; more says that there are others. Some more than most may come
// along from equal places of several values, so what is beyond most is cut off.
func (ix *index) appendKeys(dst []string, values []string, from, end string, most int) (keys []string, more bool) {
	keys, more = ix.unknown.appendKeys(dst, from, end, most)
	parts := min(1, len(keys))
	for _, v := range values {
		p := ix.byValue[v]
		if p == nil {
			continue
		}
		before, others := len(keys), false
		keys, others = p.appendKeys(keys, from, end, most)
		more = more || others
		if len(keys) > before {
			parts++
		}
	}
	if parts > 1 {
		slices.Sort(keys)
		keys = slices.Compact(keys)
	}
	if len(keys) > most {
		return keys[:most], true
	}
	return keys, more
}

// idle says whether the index was of no use for some time.
func (ix *index) idle(now time.Time) bool { return ix.used.Load() < now.Add(-indexIdle).Unix() }
