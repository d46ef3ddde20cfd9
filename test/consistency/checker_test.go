package consistency

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// A small history without faults, in which every kind of operation occurs: revisions 11 to 16 after the start at 10.
func sound() (*history, *truth, *watcher) {
	a1, a2, a3 := version{"a1", 11, "u"}, version{"a2", 12, "u"}, version{"a3", 13, "u"}
	b1, b2 := version{"b1", 15, "w"}, version{"b2", 16, "w"}
	t := newTruth(10, []change{
		{"a", 11, version{}, a1}, {"a", 12, a1, a2}, {"a", 13, a2, a3}, {"a", 14, a3, version{}},
		{"b", 15, version{}, b1}, {"b", 16, b1, b2},
	})
	h := newHistory()
	at := time.Duration(0)
	next := func(o operation) {
		o.call, o.answer = at+1, at+2
		at += 3
		h.add(o)
	}
	next(operation{kind: create, key: "a", value: "a1", outcome: done, got: a1})
	next(operation{kind: put, key: "a", value: "a2", seen: a1, outcome: done, got: a2})
	next(operation{kind: put, key: "a", value: "a2'", seen: a1, outcome: conflict})
	next(operation{kind: get, key: "a", outcome: done, got: a2})
	next(operation{kind: patch, key: "a", value: "a3", outcome: done, got: a3})
	h.addListing(listing{form: newest, call: at + 1, answer: at + 2, revision: 13, items: map[string]version{"a": a3}})
	at += 3
	next(operation{kind: removeSeen, key: "a", seen: a3, outcome: done, got: version{uid: "u"}})
	next(operation{kind: get, key: "a", outcome: absent})
	next(operation{kind: create, key: "b", value: "b1", outcome: unknown})
	next(operation{kind: get, key: "b", outcome: done, got: b1})
	next(operation{kind: create, key: "b", value: "b1'", outcome: exists})
	next(operation{kind: patchSeen, key: "b", value: "b2", seen: b1, outcome: done, got: b2})
	next(operation{kind: remove, key: "b", outcome: unknown})
	h.addListing(listing{form: exact, asked: 12, call: at + 1, answer: at + 2, revision: 12, items: map[string]version{"a": a2}})
	h.addListing(listing{form: newest, call: at + 3, answer: at + 4, revision: 16, items: map[string]version{"b": b2}})
	w := &watcher{name: "w", selects: func(_ string, v version) bool { return on(v.value) }, segments: []segment{{from: 10}}}
	w.events = []event{{"ADDED", "a", a2}, {"DELETED", "a", version{"a2", 13, "u"}}, {"ADDED", "b", b2}}
	return h, t, w
}

func faultsOf(h *history, t *truth, w *watcher) (byRevision, byOrder []string) {
	return append(check(h, t), w.verify(t, 16)...), linearizable(h, []string{"a", "b"})
}

func TestSoundHistory(t *testing.T) {
	byRevision, byOrder := faultsOf(sound())
	if len(byRevision)+len(byOrder) > 0 {
		t.Errorf("%q %q", byRevision, byOrder)
	}
}

// Each of these histories breaks one promise, and the checkers must see it.
func TestFaultyHistories(t *testing.T) {
	find := func(h *history, k kind, key string) *operation {
		return &h.ops[slices.IndexFunc(h.ops, func(o operation) bool { return o.kind == k && o.key == key })]
	}
	without := func(t *truth, revision int64) truth {
		return *newTruth(t.start, slices.DeleteFunc(t.changes, func(c change) bool { return c.revision == revision }))
	}
	for name, c := range map[string]struct {
		spoil func(h *history, t *truth, w *watcher)
		// want is what the revisions show, order whether the order of values does as well.
		want  string
		order bool
	}{
		"a write is lost": {func(h *history, t *truth, _ *watcher) {
			h.ops = append(h.ops, operation{kind: patch, key: "b", value: "lost", call: 100, answer: 101, outcome: done, got: version{"lost", 17, "w"}})
		}, "is lost", false},
		"a deletion is lost": {func(h *history, t *truth, _ *watcher) {
			*t = without(t, 14)
		}, "of \"\" at 0 is lost", false},
		"a write is stored at another revision": {func(h *history, _ *truth, _ *watcher) { find(h, patch, "a").got.revision = 14 }, "is stored as", false},
		"a write happens twice": {func(_ *history, t *truth, _ *watcher) {
			*t = *newTruth(10, append(t.changes, change{"b", 17, version{"b2", 16, "w"}, version{"b1", 17, "w"}}))
		}, "written at 15 and again at 17", false},
		"nobody wrote it": {func(_ *history, t *truth, _ *watcher) {
			*t = *newTruth(10, append(t.changes, change{"b", 17, version{"b2", 16, "w"}, version{"c", 17, "w"}}))
		}, "nobody asked for \"c\"", false},
		"nobody deleted it": {func(h *history, t *truth, _ *watcher) {
			find(h, removeSeen, "a").outcome = conflict
		}, "nobody asked for the deletion at 14", true},
		"a refused write is made": {func(h *history, _ *truth, _ *watcher) { find(h, patchSeen, "b").outcome = conflict }, "was refused (conflict) and yet made", true},
		"two clients delete one object": {func(h *history, _ *truth, _ *watcher) {
			again := *find(h, removeSeen, "a")
			again.call, again.answer = again.answer+1, again.answer+2
			h.ops = append(h.ops, again)
		}, "two clients were told", true},
		"a put overwrites what its client had not seen": {func(h *history, _ *truth, _ *watcher) { find(h, put, "a").seen.value = "x" }, "but was about \"x\"", true},
		"a read of the past":                            {func(h *history, _ *truth, _ *watcher) { find(h, get, "a").got = version{"a1", 11, "u"} }, "which was not there", true},
		"a read of the future":                          {func(h *history, _ *truth, _ *watcher) { find(h, get, "a").got = version{"a3", 13, "u"} }, "which was not there", true},
		"a read of nothing":                             {func(h *history, _ *truth, _ *watcher) { find(h, get, "a").got = version{} }, "which was not there", true},
		"a stale list": {func(h *history, _ *truth, _ *watcher) {
			l := &h.listings[2]
			l.revision, l.items = 15, map[string]version{"b": {"b1", 15, "w"}}
		}, "is stale: 16 was known before", true},
		"a list that mixes states":    {func(h *history, _ *truth, _ *watcher) { h.listings[2].items = nil }, "and the state was", false},
		"a list of another revision":  {func(h *history, _ *truth, _ *watcher) { h.listings[1].asked = 11 }, "is not exact", false},
		"a list older than asked for": {func(h *history, _ *truth, _ *watcher) { h.listings[1].form, h.listings[1].asked = notOlder, 13 }, "older than what was asked for", false},
		"lists that go back": {func(h *history, _ *truth, _ *watcher) {
			h.listings = append(h.listings, listing{form: newest, call: 0, answer: 1, revision: 10})
		}, "go back from revision 16 to 10", false},
		"lists of one server that go back": {func(h *history, _ *truth, _ *watcher) {
			h.listings[2].form = anyVersion
			h.listings = append(h.listings, listing{form: anyVersion, call: 90, answer: 91, revision: 10})
		}, "go back from revision 16 to 10", false},
		"a watch that misses the first": {func(_ *history, _ *truth, w *watcher) { w.events = w.events[1:] }, "event 0 of 3 is", false},
		"a watch that misses the last":  {func(_ *history, _ *truth, w *watcher) { w.events = w.events[:2] }, "missing at the end", false},
		"a watch that repeats":          {func(_ *history, _ *truth, w *watcher) { w.events = append(w.events, w.events[2]) }, "more than happened", false},
		"a watch out of order":          {func(_ *history, _ *truth, w *watcher) { slices.Reverse(w.events) }, "event 0 of 3 is", false},
		"a watch that misses something before it begins anew": {func(_ *history, _ *truth, w *watcher) {
			w.segments, w.events = []segment{{from: 10, until: 13}, {from: 14, first: 1}}, w.events[:0:0]
			w.events = append(w.events, event{"ADDED", "a", version{"a2", 12, "u"}}, event{"ADDED", "b", version{"b2", 16, "w"}})
		}, "missing at the end", false},
	} {
		t.Run(name, func(t *testing.T) {
			h, truth, w := sound()
			c.spoil(h, truth, w)
			byRevision, byOrder := faultsOf(h, truth, w)
			if !strings.Contains(strings.Join(byRevision, "\n"), c.want) {
				t.Errorf("the revisions show %q, want %q", byRevision, c.want)
			}
			if c.order != (len(byOrder) > 0) {
				t.Errorf("the order shows %q, want a fault: %v", byOrder, c.order)
			}
		})
	}
}
