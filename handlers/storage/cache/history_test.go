package cache

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"
)

// Every revision that is remembered is as it was after older ones were dropped.
func TestHistory(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	h := &history{}
	now := snapshot{revision: 10}
	h.reset(now)
	states := map[int64]map[string]int64{10: {}}
	began := time.Now()
	for i := range 1000 {
		// Some revisions change nothing here, some several keys.
		next := snapshot{root: now.root, revision: now.revision + 1 + r.Int64N(2)}
		state := maps.Clone(states[now.revision])
		var events []*Event
		for range 1 + r.IntN(2) {
			e := &Event{Key: fmt.Sprintf("/k/%02d", r.IntN(40)), Revision: next.revision, when: began.Add(time.Duration(i) * time.Second)}
			if r.IntN(3) == 0 {
				if next.root, e.Old = next.root.remove(e.Key); e.Old == nil {
					continue
				}
				delete(state, e.Key)
			} else {
				e.New = &Entry{Key: e.Key, Revision: next.revision}
				next.root, e.Old = next.root.set(e.New)
				state[e.Key] = next.revision
			}
			events = append(events, e)
		}
		for rev := now.revision + 1; rev < next.revision; rev++ {
			states[rev] = states[now.revision]
		}
		states[next.revision] = state
		h.add(events, next)
		now = next
	}
	verify := func(floor int64) {
		t.Helper()
		for revision, want := range states {
			s, ok := h.at(revision, now)
			if ok != (revision >= floor) {
				t.Fatalf("revision %d is known: %v; floor %d", revision, ok, floor)
			}
			if !ok {
				continue
			}
			got := map[string]int64{}
			s.root.leaves("", "", func(_ *node, entries []*Entry) bool {
				for _, e := range entries {
					got[e.Key] = e.Revision
				}
				return true
			})
			if !maps.Equal(got, want) || s.revision != revision {
				t.Fatalf("state at %d: %v, want %v", revision, got, want)
			}
		}
	}
	verify(10)
	floor := h.trim(began.Add(400*time.Second), 1<<20)
	if floor <= 10 || floor >= now.revision {
		t.Fatalf("floor is %d of %d", floor, now.revision)
	}
	verify(floor)
	again := h.trim(began, 100)
	if again <= floor || len(h.events) > 100 {
		t.Fatalf("floor went from %d to %d with %d events", floor, again, len(h.events))
	}
	verify(again)
	h.compact(now.revision)
	verify(now.revision)
}
