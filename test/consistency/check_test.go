package consistency

import (
	"fmt"
	"maps"
	"slices"
)

// check holds everything that clients were told against the truth and says what does not fit.
func check(h *history, t *truth) []string {
	c := &checker{history: h, truth: t, writes: map[string]change{}, ends: map[string]change{}}
	c.attribute()
	c.bounds = newBounds(h, func(o operation) int64 { return c.made(o).revision })
	for _, o := range h.ops {
		if o.kind == get {
			c.read(o)
		} else {
			c.write(o)
		}
	}
	for _, l := range h.listings {
		c.list(l)
	}
	c.forward()
	return append(slices.Clone(h.faults), c.faults...)
}

type checker struct {
	*history
	*truth
	bounds bounds
	// writes are the changes by the value they wrote, ends by the uid that they deleted.
	writes, ends map[string]change
	faults       []string
}

func (c *checker) wrong(format string, a ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, a...))
}

// attribute finds out which operation made which change. Each change has one, and none has two.
func (c *checker) attribute() {
	writers, ended := map[string]operation{}, map[string]int{}
	deletions := map[string]int{}
	for _, o := range c.ops {
		switch {
		case o.kind == get:
		case o.kind != remove && o.kind != removeSeen:
			writers[o.value] = o
		case o.outcome == done:
			if ended[o.got.uid]++; ended[o.got.uid] > 1 {
				c.wrong("%s: two clients were told that they deleted %s", o.key, o.got.uid)
			}
		case o.outcome == unknown:
			deletions[o.key]++
		}
	}
	for _, e := range c.changes {
		if e.now == (version{}) {
			c.ends[e.old.uid] = e
			if ended[e.old.uid] > 0 {
				continue
			}
			if deletions[e.key]--; deletions[e.key] < 0 {
				c.wrong("%s: nobody asked for the deletion at %d", e.key, e.revision)
			}
			continue
		}
		if first, twice := c.writes[e.now.value]; twice {
			c.wrong("%s: %q was written at %d and again at %d", e.key, e.now.value, first.revision, e.revision)
		}
		c.writes[e.now.value] = e
		switch o, found := writers[e.now.value]; {
		case !found || o.key != e.key:
			c.wrong("%s: nobody asked for %q, written at %d", e.key, e.now.value, e.revision)
		case o.outcome != done && o.outcome != unknown:
			c.wrong("%s: the %s of %q was refused (%s) and yet made at %d", e.key, o.kind, o.value, o.outcome, e.revision)
		}
	}
}

// made is the change that an operation made; the zero change if none, or none that is known.
func (c *checker) made(o operation) change {
	if o.kind == remove || o.kind == removeSeen {
		if o.outcome != done {
			return change{}
		}
		return c.ends[o.got.uid]
	}
	return c.writes[o.value]
}

// write checks that an acknowledged write happened, as it was acknowledged, between its request and its answer.
func (c *checker) write(o operation) {
	e := c.made(o)
	if o.outcome != done {
		return
	}
	what := fmt.Sprintf("%s: the acknowledged %s of %q at %d", o.key, o.kind, o.value, o.got.revision)
	if e.revision == 0 {
		c.wrong("%s is lost", what)
		return
	}
	removal := o.kind == remove || o.kind == removeSeen
	if !removal && e.now != o.got {
		c.wrong("%s is stored as %v at %d", what, e.now, e.revision)
	}
	if o.kind == create && e.old != (version{}) || o.kind != create && e.old == (version{}) {
		c.wrong("%s replaced %v", what, e.old)
	}
	if (o.kind == put || o.kind == patchSeen || o.kind == removeSeen) && e.old.value != o.seen.value {
		c.wrong("%s replaced %q, but was about %q", what, e.old.value, o.seen.value)
	}
	if e.revision <= c.bounds.floor(o.call) || e.revision >= c.bounds.ceiling(o.answer) {
		c.wrong("%s (change %d) is out of order: %d was known before, %d began after", what, e.revision, c.bounds.floor(o.call), c.bounds.ceiling(o.answer))
	}
}

// read checks that what was read was there at some time between the request and its answer.
func (c *checker) read(o operation) {
	if o.outcome == unknown {
		return
	}
	floor, ceiling := c.bounds.floor(o.call), c.bounds.ceiling(o.answer)
	if !c.was(o.key, o.got, floor, ceiling) {
		c.wrong("%s: client %d read %v, which was not there from revision %d on and before %d", o.key, o.client, o.got, floor, ceiling)
	}
}

// list checks that a list is a state that was, and one that it may be.
func (c *checker) list(l listing) {
	what := fmt.Sprintf("client %d's list (%s %d) at revision %d", l.client, l.form, l.asked, l.revision)
	if want := c.state(l.revision); !maps.Equal(want, l.items) {
		c.wrong("%s has\n%v, and the state was\n%v", what, l.items, want)
	}
	floor := c.bounds.floor(l.call)
	switch {
	case l.form == exact && l.revision != l.asked:
		c.wrong("%s is not exact", what)
	case l.form == notOlder && l.revision < l.asked:
		c.wrong("%s is older than what was asked for", what)
	case (l.form == newest || l.form == pages) && l.revision < floor:
		c.wrong("%s is stale: %d was known before", what, floor)
	}
	if ceiling := c.bounds.ceiling(l.answer); l.revision >= ceiling {
		c.wrong("%s knows of %d, which began later", what, ceiling)
	}
}

// forward checks that no client's lists go back in time: those of the newest state never, those of any state as long as
// one server answers.
func (c *checker) forward() {
	type reader struct {
		client, process int
	}
	latest := map[reader]int64{}
	for _, l := range c.listings {
		who := reader{l.client, 0}
		switch l.form {
		case newest:
		case anyVersion:
			who.process = l.process
		default:
			continue
		}
		if l.revision < latest[who] {
			c.wrong("client %d's lists (%s) go back from revision %d to %d", l.client, l.form, latest[who], l.revision)
		}
		latest[who] = max(latest[who], l.revision)
	}
}
