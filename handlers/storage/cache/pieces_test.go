package cache

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// Pieces are made once for a whole leaf, follow it until a write replaces it, and go when nobody uses them.
func TestPieces(t *testing.T) {
	c := &Cache{}
	var all []*Entry
	for i := range 3 * maxKids {
		all = append(all, &Entry{Key: fmt.Sprintf("/x/%03d", i)})
	}
	v := View{root: build(all)}
	made := 0
	list := func(v View, from string, key any) {
		v.Leaves("/x/", from, func(l Leaf) bool {
			data, found := l.Find(key)
			if !found {
				made++
				data = len(l.Entries)
				c.Keep(l, key, data, 10)
			}
			if data != len(l.Entries) {
				t.Fatalf("the piece of %d entries is %v", len(l.Entries), data)
			}
			return true
		})
	}
	want := func(what string, n int) {
		t.Helper()
		if made != n {
			t.Fatalf("%s: %d pieces were made, want %d", what, made, n)
		}
		made = 0
	}
	list(v, "", "a")
	want("first", 3)
	list(v, "", "a")
	want("again", 0)
	list(v, "", "b")
	want("another form", 3)
	list(v, "/x/005", "a")
	want("a part of a leaf", 1)
	list(v, "/x/005", "a")
	want("a part of a leaf again", 1)
	now := View{}
	now.root, _ = v.root.set(&Entry{Key: "/x/040"})
	list(now, "", "a")
	want("after a write", 1)
	c.pieces.sweep(now.root, time.Now())
	if c.pieces.bytes != 50 || len(c.pieces.leaves) != 3 {
		t.Fatalf("%d bytes on %d leaves are kept, want 50 on 3", c.pieces.bytes, len(c.pieces.leaves))
	}
	list(now, "", "a")
	want("after a sweep", 0)
	list(v, "", "a")
	want("the old state's own leaf", 1)
	c.pieces.sweep(now.root, time.Now().Add(2*pieceIdle))
	if c.pieces.bytes != 0 || len(c.pieces.leaves) != 0 {
		t.Fatalf("%d bytes on %d leaves are kept that nobody uses", c.pieces.bytes, len(c.pieces.leaves))
	}
	c.pieces.bytes = mostPieces
	list(now, "", "a")
	list(now, "", "a")
	want("no room", 6)
}

// What is picked again has its pieces; what is picked once, or few, or differs, has none; what nobody picks any more goes.
func TestGather(t *testing.T) {
	c := &Cache{}
	var all []*Entry
	for i := range 2 * leastGathered {
		all = append(all, &Entry{Key: fmt.Sprintf("/x/%03d", i)})
	}
	root, key := build(all), "a"
	found := func(entries []*Entry) bool {
		l := c.Gather(slices.Clone(entries))
		if !slices.Equal(l.Entries, entries) {
			t.Fatalf("%d entries are %d", len(entries), len(l.Entries))
		}
		_, found := l.Find(key)
		if !found {
			c.Keep(l, key, 1, 10)
		}
		return found
	}
	is := func(what string, got, want bool) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %t", what, got)
		}
	}
	some, few := all[1:leastGathered+2], all[:leastGathered-1]
	is("first", found(some), false)
	is("second, which keeps it", found(some), false)
	is("third", found(some), true)
	c.pieces.sweep(root, time.Now())
	is("after a sweep", found(some), true)
	for range 3 {
		is("few", found(few), false)
	}
	other := slices.Clone(some)
	other[3] = &Entry{Key: other[3].Key}
	is("one is another", found(other), false)
	c.pieces.sweep(root, time.Now())
	if c.pieces.bytes != 0 || len(c.pieces.leaves) != 0 {
		t.Errorf("%d bytes on %d leaves are kept that nobody finds", c.pieces.bytes, len(c.pieces.leaves))
	}
	is("another, again", found(other), false)
	is("another, kept", found(other), true)
	c.pieces.sweep(root, time.Now().Add(gatherIdle+2*time.Second))
	if n := len(c.pieces.gathered); n != 0 || c.pieces.bytes != 0 || len(c.pieces.leaves) != 0 {
		t.Errorf("%d gathered leaves and %d bytes are kept that nobody uses", n, c.pieces.bytes)
	}
	for i := range mostGathered + 10 {
		entries := slices.Clone(all[:leastGathered])
		entries[0] = &Entry{Key: fmt.Sprint(i)}
		c.Gather(entries)
	}
	if n := len(c.pieces.gathered); n != mostGathered {
		t.Errorf("%d are gathered", n)
	}
}
