package cache

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
)

// check walks a tree and fails on what must never be: wrong counts, wrong lows, nodes that are too large, keys out of
// order. It returns the keys.
func (n *node) check(t *testing.T) []string {
	t.Helper()
	if n == nil {
		return nil
	}
	var keys []string
	if n.kids == nil {
		for _, e := range n.entries {
			keys = append(keys, e.Key)
		}
	} else if len(n.entries) > 0 {
		t.Fatal("an inner node has entries")
	}
	for _, k := range n.kids {
		keys = append(keys, k.check(t)...)
	}
	if n.size() == 0 || n.size() > maxKids || n.count != len(keys) || n.low != keys[0] || !slices.IsSorted(keys) {
		t.Fatalf("node of %d: count %d of %d, low %q of %q", n.size(), n.count, len(keys), n.low, keys[0])
	}
	return keys
}

// The tree is compared with a map over many random changes; old states must stay as they were.
func TestTreeAgainstMap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	want := map[string]int64{}
	var root *node
	type old struct {
		root *node
		keys []string
	}
	var olds []old
	for i := range 20_000 {
		key := fmt.Sprintf("/k/%04d", r.IntN(3000))
		// Long phases of growth and of shrinking.
		if r.IntN(10) < 2+6*(i/4000%2) {
			var was *Entry
			root, was = root.remove(key)
			if _, there := want[key]; there != (was != nil) || there && want[key] != was.Revision {
				t.Fatalf("removed %v, want %v", was, want[key])
			}
			delete(want, key)
		} else {
			var was *Entry
			root, was = root.set(&Entry{Key: key, Revision: int64(i)})
			if at, there := want[key]; there != (was != nil) || there && at != was.Revision {
				t.Fatalf("replaced %v, want %v", was, at)
			}
			want[key] = int64(i)
		}
		if i%500 == 0 {
			keys := root.check(t)
			olds = append(olds, old{root, keys})
			if len(keys) != len(want) {
				t.Fatalf("%d keys, want %d", len(keys), len(want))
			}
			for _, k := range keys {
				if e := root.get(k); e == nil || e.Revision != want[k] {
					t.Fatalf("get %s is %v, want %d", k, e, want[k])
				}
			}
		}
	}
	for _, o := range olds {
		if !slices.Equal(o.root.check(t), o.keys) {
			t.Fatal("an old state has changed")
		}
	}
}

func TestTreeRanges(t *testing.T) {
	for _, n := range []int{0, 1, maxKids, maxKids + 1, 1000, 5000} {
		var all []*Entry
		for i := range n {
			all = append(all, &Entry{Key: fmt.Sprintf("/%05d", 2*i)})
		}
		built := build(all)
		var grown *node
		for _, e := range all {
			grown, _ = grown.set(e)
		}
		for _, root := range []*node{built, grown} {
			root.check(t)
			for _, from := range []string{"", "/", "/00000", "/00001", "/00063", "/00064", "/05000", "/99999", "0"} {
				i := sort.Search(n, func(i int) bool { return all[i].Key >= from })
				if got := root.rank(from); got != i {
					t.Fatalf("of %d: rank %q is %d, want %d", n, from, got, i)
				}
				for _, end := range []string{"", "/00064", "/05001"} {
					j := n
					if end != "" {
						j = max(i, sort.Search(n, func(i int) bool { return all[i].Key >= end }))
					}
					var got []*Entry
					root.leaves(from, end, func(_ *node, entries []*Entry) bool {
						got = append(got, entries...)
						return true
					})
					if !slices.Equal(got, all[i:j]) {
						t.Fatalf("of %d: [%q, %q) has %d entries, want %d", n, from, end, len(got), j-i)
					}
				}
			}
		}
	}
	// Keys in order fill their nodes.
	var root *node
	for i := range 32 * 32 {
		root, _ = root.set(&Entry{Key: fmt.Sprintf("/%05d", i)})
	}
	leaves := 0
	root.leaves("", "", func(*node, []*Entry) bool { leaves++; return true })
	if leaves != 32 {
		t.Fatalf("%d leaves for %d keys in order", leaves, 32*32)
	}
}

// A cursor finds what get finds, in trees of any height and for keys near and far.
func TestCursor(t *testing.T) {
	r := rand.New(rand.NewPCG(15, 16))
	for _, n := range []int{0, 1, maxKids, maxKids + 1, 1000, 40_000} {
		var root *node
		for i := range n {
			root, _ = root.set(&Entry{Key: fmt.Sprintf("/%05d", 2*i)})
		}
		for _, step := range []int{1, 2, 3, 20, 70, 3000, 30_000} {
			c := cursor{root: root}
			found := 0
			for i := r.IntN(step); i < 2*n+100; i += 1 + r.IntN(step) {
				key := fmt.Sprintf("/%05d", i)
				got, want := c.get(key), root.get(key)
				if got != want {
					t.Fatalf("of %d: %s is %v, want %v", n, key, got, want)
				}
				if got != nil {
					found++
				}
			}
			if found == 0 && step < n {
				t.Errorf("of %d: nothing is found in steps of %d", n, step)
			}
		}
	}
}

func TestPrefixEnd(t *testing.T) {
	for prefix, want := range map[string]string{"": "", "/a/": "/a0", "a\xff": "b", "\xff\xff": "", "a\x7f": "a\x80"} {
		if got := prefixEnd(prefix); got != want {
			t.Errorf("%q: %q, want %q", prefix, got, want)
		}
	}
}

func TestTopic(t *testing.T) {
	for key, want := range map[string]string{
		"": "", "a": "", "/pods": "", "/pods/": "/pods/", "/pods/ns/name": "/pods/", "/services/specs/ns/x": "/services/",
		"/example.com/widgets/ns/x": "/example.com/widgets/", "/example.com/widgets": "/example.com/", "//": "//",
	} {
		if got := topic(key); got != want {
			t.Errorf("%q: %q, want %q", key, got, want)
		}
	}
}
