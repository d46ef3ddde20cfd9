package cache

import "time"

const (
	// worthwhile is how many objects a scan must look at for each that an index names, for the index to be the quicker
	// way: looking a key up and matching its object costs what matching two or three neighbours does.
	worthwhile = 3
	// lookAhead is how many keys are taken from an index at once.
	lookAhead = 512
)

// Query is the part of a collection that is read, and what its objects need to have.
type Query struct {
	// Scope is what all keys of the resource begin with, and what indexes are made of. Prefix is what the keys that are read
	// begin with, itself beginning with Scope; From is the first of them, "" the first of all.
	Scope, Prefix, From string
	// Terms are what every object that is looked for has. The attributes of entries must be an Indexed then.
	Terms []Term
}

// Select calls yield with entries of a state in the order of their keys, until that returns false: with all of the part
// that have what is asked for, and perhaps with others. It is for the caller to match them. The result is what the index is of
// that has found them, the zero value for none.
func (c *Cache) Select(v View, q Query, yield func(*Entry) bool) (by Attribute) {
	r := reading{view: v, from: max(q.From, q.Prefix), end: prefixEnd(q.Prefix)}
	if len(q.Terms) > 0 {
		if size := v.Count(q.Prefix, q.From); size >= indexFrom {
			r.plan(&c.indexes, &q, size)
			if r.index == nil {
				c.want(&q)
			}
		}
	}
	if r.index != nil {
		by = r.index.attribute
		if !r.byIndex(&c.indexes, yield) {
			return by
		}
	}
	r.view.root.leaves(r.from, r.end, func(_ *node, entries []*Entry) bool {
		for _, e := range entries {
			if !yield(e) {
				return false
			}
		}
		return true
	})
	return by
}

// want asks for the indexes that would have helped with a query.
func (c *Cache) want(q *Query) {
	for _, t := range q.Terms {
		ix := c.indexes.want(want{q.Scope, t.Attribute}, c.options.Owners, time.Now())
		if ix == nil {
			continue
		}
		// A cache that is being closed needs no index.
		_ = c.begin(func() { c.fill(ix) })
	}
}

// reading is one Select. It belongs to one goroutine.
type reading struct {
	view View
	// The keys in [from, end) are still to be read, end "" being the end of all keys.
	from, end string
	// index names those that have one of the values; nil when the quickest way is to look at all.
	index  *index
	values []string
}

// plan takes the index that names the fewest keys. There is no use in intersecting several: what the best one names is
// matched for about what finding it in another index costs.
func (r *reading) plan(x *indexes, q *Query, size int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	fewest := size/worthwhile + 1
	for _, t := range q.Terms {
		ix := x.find(want{q.Scope, t.Attribute})
		if ix == nil || !r.served(x, ix) {
			continue
		}
		if len(t.Values) > size {
			continue
		}
		if n := ix.count(t.Values, r.from, r.end); n < fewest && effort(n, len(t.Values)) <= size {
			r.index, r.values, fewest = ix, t.Values, n
		}
	}
	if r.index != nil {
		r.index.used.Store(time.Now().Unix())
	}
}

// effort is how many keys and values are looked at to read n keys that have one of some values. For each piece that is read,
// the next keys of all values are sorted.
func effort(n, values int) int {
	pieces := n/lookAhead + 1
	return pieces * (values + min(n, values*lookAhead))
}

// served says whether an index knows all keys of the state. A state may be older than what the index has forgotten, or of
// the time before everything was loaded anew.
func (r *reading) served(x *indexes, ix *index) bool {
	return ix.ready && ix.floor <= r.view.Revision && r.view.Revision <= x.revision
}

// byIndex reads what the index names. It returns true when what is left has to be read without it.
func (r *reading) byIndex(x *indexes, yield func(*Entry) bool) bool {
	var keys []string
	at := cursor{root: r.view.root}
	for more := true; more; {
		x.mu.RLock()
		served := r.served(x, r.index)
		if served {
			keys, more = r.index.appendKeys(keys[:0], r.values, r.from, r.end, lookAhead)
		}
		x.mu.RUnlock()
		if !served {
			return true
		}
		for _, key := range keys {
			if e := at.get(key); e != nil && !yield(e) {
				return false
			}
		}
		if more {
			r.from = keys[len(keys)-1] + "\x00"
		}
	}
	return false
}
