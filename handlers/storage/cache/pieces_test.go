package cache

import (
	"fmt"
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
