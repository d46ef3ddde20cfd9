package cache

import (
	"fmt"
	"maps"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// weighed is what Stats.Collections should be, by looking at every object.
func weighed(root *node) map[string]Weight {
	out := map[string]Weight{}
	for _, e := range entries(root) {
		w := out[topic(e.Key)]
		w.Objects++
		w.Stored += int64(e.Size())
		w.Packed += int64(len(e.data))
		out[topic(e.Key)] = w
	}
	return out
}

// The weights follow every change, and the packing anew that a first dictionary brings.
func TestWeights(t *testing.T) {
	c := &Cache{}
	c.hub.start()
	c.current.Store(&snapshot{})
	revision := int64(0)
	change := func(e storage.Event) {
		t.Helper()
		revision++
		e.Revision = revision
		if err := c.apply([]storage.Event{e}, revision); err != nil {
			t.Fatal(err)
		}
	}
	agree := func(when string) Stats {
		t.Helper()
		got := c.Stats()
		want := weighed(c.current.Load().root)
		for name, w := range got.Collections {
			if w == (Weight{}) {
				delete(got.Collections, name)
			}
		}
		if !maps.Equal(got.Collections, want) {
			t.Fatalf("%s: %v, want %v", when, got.Collections, want)
		}
		return got
	}
	for i := range 2 * dictFrom {
		change(storage.Event{Key: fmt.Sprintf("/pods/ns/%05d", i), Value: podLike(i)})
		change(storage.Event{Key: fmt.Sprintf("/example.org/things/%05d", i%3), Value: podLike(i)})
	}
	change(storage.Event{Key: "/pods/ns/00000", Type: storage.Deleted})
	change(storage.Event{Key: "/pods/ns/00000", Type: storage.Deleted})
	s := agree("after changes")
	pods := s.Collections["/pods/"]
	if pods.Objects != 2*dictFrom-1 || pods.Packed*5 > pods.Stored || s.Collections["/example.org/things/"].Objects != 3 {
		t.Errorf("%v", s.Collections)
	}
	if s.Changes != int(revision)-1 || s.States != s.Changes/markEvery || s.Since.IsZero() || s.Loads != 0 {
		t.Errorf("%d changes and %d states since %v, %d loads", s.Changes, s.States, s.Since, s.Loads)
	}
	all := entries(c.current.Load().root)
	c.weights.loaded(all)
	if s := agree("after a load"); s.Loads != 1 {
		t.Errorf("%d loads", s.Loads)
	}
}

func TestFollowersAreCounted(t *testing.T) {
	c := &Cache{}
	c.hub.start()
	c.hub.reset(10)
	h := &c.hub
	count := func(followers, groups int) {
		t.Helper()
		if s := c.Stats(); s.Followers != followers || s.Groups != groups {
			t.Fatalf("%d followers in %d groups, want %d in %d", s.Followers, s.Groups, followers, groups)
		}
	}
	a, b := joined(t, h, 10, Selection{Prefix: "/x/"}), joined(t, h, 10, Selection{Prefix: "/x/"})
	named := joined(t, h, 10, Selection{Prefix: "/x/", Name: "n"})
	count(3, 2)
	a.Stop()
	a.Stop()
	count(2, 2)
	// All have to start over; who has not noticed yet is still there.
	h.reset(20)
	count(2, 2)
	again := joined(t, h, 20, Selection{Prefix: "/x/"})
	for _, f := range []*Follower{b, named, again} {
		f.Stop()
	}
	count(0, 0)
}
