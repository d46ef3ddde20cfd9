package cache

import (
	"slices"
	"sort"
	"strings"
	"sync/atomic"
)

// maxKids is how many entries a leaf, or children an inner node, has at most. A leaf is also the piece in which encoded
// lists are kept: 32 objects compress nearly as well together as a whole list does, and a write spoils only one such
// piece. A smaller node makes a snapshot cheaper, which is what a write leaves behind.
const maxKids = 32

// minKids is where a node is joined with a neighbour.
const minKids = maxKids / 4

// node is one node of a persistent B+tree in key order. A node that a snapshot can reach is never changed; a write copies
// the path from the leaf to the root.
type node struct {
	// low is the smallest key below; for the leftmost nodes it may be larger than a key that is looked for.
	low string
	// count is the number of entries below.
	count int
	// kids are those of an inner node, entries those of a leaf; the other is nil.
	kids    []*node
	entries []*Entry
	// pieces are encoded forms of a leaf's entries, see pieces.go.
	pieces atomic.Pointer[piece]
}

func newLeaf(entries []*Entry) *node {
	return &node{low: entries[0].Key, count: len(entries), entries: entries}
}

func newInner(kids []*node) *node {
	n := &node{low: kids[0].low, kids: kids}
	for _, k := range kids {
		n.count += k.count
	}
	return n
}

// build makes a tree of entries that are sorted by key and differ in it; nil of none.
func build(entries []*Entry) *node {
	var level []*node
	for part := range slices.Chunk(entries, maxKids) {
		level = append(level, newLeaf(slices.Clone(part)))
	}
	for len(level) > 1 {
		var above []*node
		for part := range slices.Chunk(level, maxKids) {
			above = append(above, newInner(slices.Clone(part)))
		}
		level = above
	}
	if level == nil {
		return nil
	}
	return level[0]
}

// child is the index of the kid that holds key if any does.
func (n *node) child(key string) int {
	return max(0, sort.Search(len(n.kids), func(i int) bool { return n.kids[i].low > key })-1)
}

// index is where key is, or belongs, among the entries of a leaf.
func (n *node) index(key string) (int, bool) {
	i := sort.Search(len(n.entries), func(i int) bool { return n.entries[i].Key >= key })
	return i, i < len(n.entries) && n.entries[i].Key == key
}

func (n *node) get(key string) *Entry {
	if n == nil {
		return nil
	}
	for n.kids != nil {
		n = n.kids[n.child(key)]
	}
	if i, found := n.index(key); found {
		return n.entries[i]
	}
	return nil
}

// leaf is the leaf that a key is in, or belongs in.
func (n *node) leaf(key string) *node {
	for n != nil && n.kids != nil {
		n = n.kids[n.child(key)]
	}
	return n
}

// cursor gets keys that come in order. The next one is mostly near: in the same leaf, or in one of the same parent, so it
// goes down from the root for few of them. Its zero value, with a root, is ready.
type cursor struct {
	root *node
	// parent has the leaf among its kids, at place; nil when the root is the leaf. end is the first key beyond its kids, ""
	// when there is none.
	parent *node
	place  int
	end    string
	leaf   *node
	// from is where in the leaf the next key can be.
	from int
}

func (c *cursor) get(key string) *Entry {
	if c.leaf == nil || !c.forward(key) {
		c.descend(key)
	}
	if c.leaf == nil {
		return nil
	}
	entries := c.leaf.entries[c.from:]
	i, found := slices.BinarySearchFunc(entries, key, func(e *Entry, key string) int { return strings.Compare(e.Key, key) })
	if c.from += i; found {
		return entries[i]
	}
	return nil
}

// forward moves within the parent; false when the key is beyond that.
func (c *cursor) forward(key string) bool {
	if c.parent == nil || c.end != "" && key >= c.end {
		return c.parent == nil
	}
	rest := c.parent.kids[c.place+1:]
	if len(rest) == 0 || key < rest[0].low {
		return true
	}
	n := 1
	if len(rest) > 1 && key >= rest[1].low {
		n = 1 + sort.Search(len(rest)-1, func(i int) bool { return rest[i+1].low > key })
	}
	c.place += n
	c.leaf, c.from = c.parent.kids[c.place], 0
	return true
}

func (c *cursor) descend(key string) {
	n := c.root
	c.parent, c.end, c.from = nil, "", 0
	for n != nil && n.kids != nil {
		i := n.child(key)
		if i+1 < len(n.kids) && n.kids[0].kids != nil {
			c.end = n.kids[i+1].low
		}
		c.parent, c.place = n, i
		n = n.kids[i]
	}
	c.leaf = n
}

// set is the tree with e in it, and what was in its place.
func (n *node) set(e *Entry) (root *node, old *Entry) {
	if n == nil {
		return newLeaf([]*Entry{e}), nil
	}
	a, b, old := n.put(e)
	if b != nil {
		a = newInner([]*node{a, b})
	}
	return a, old
}

// put is the node with e in it: two when one is too small.
func (n *node) put(e *Entry) (a, b *node, old *Entry) {
	if n.kids == nil {
		i, found := n.index(e.Key)
		if found {
			entries := slices.Clone(n.entries)
			old, entries[i] = entries[i], e
			return newLeaf(entries), nil, old
		}
		entries := inserted(n.entries, i, e)
		if len(entries) <= maxKids {
			return newLeaf(entries), nil, nil
		}
		at := splitAt(i)
		return newLeaf(slices.Clone(entries[:at])), newLeaf(slices.Clone(entries[at:])), nil
	}
	i := n.child(e.Key)
	left, right, old := n.kids[i].put(e)
	if right == nil {
		kids := slices.Clone(n.kids)
		kids[i] = left
		return newInner(kids), nil, old
	}
	kids := inserted(n.kids, i+1, right)
	kids[i] = left
	if len(kids) <= maxKids {
		return newInner(kids), nil, old
	}
	at := splitAt(i + 1)
	return newInner(slices.Clone(kids[:at])), newInner(slices.Clone(kids[at:])), old
}

// splitAt cuts a full node where it was inserted last when that was at the end: keys that come in order fill their nodes.
func splitAt(inserted int) int {
	if inserted == maxKids {
		return maxKids
	}
	return (maxKids + 1) / 2
}

func inserted[T any](s []T, i int, x T) []T {
	out := make([]T, 0, len(s)+1)
	return append(append(append(out, s[:i]...), x), s[i:]...)
}

// remove is the tree without key, and what was there.
func (n *node) remove(key string) (root *node, old *Entry) {
	if old = n.get(key); old == nil {
		return n, nil
	}
	n = n.without(key)
	for n != nil && len(n.kids) == 1 {
		n = n.kids[0]
	}
	return n, old
}

// without is the node less a key that is below it; nil when nothing is left.
func (n *node) without(key string) *node {
	if n.kids == nil {
		if len(n.entries) == 1 {
			return nil
		}
		i, _ := n.index(key)
		return newLeaf(slices.Concat(n.entries[:i], n.entries[i+1:]))
	}
	i := n.child(key)
	kid := n.kids[i].without(key)
	switch {
	case kid == nil && len(n.kids) == 1:
		return nil
	case kid == nil:
		return newInner(slices.Concat(n.kids[:i], n.kids[i+1:]))
	case kid.size() >= minKids || len(n.kids) == 1:
		kids := slices.Clone(n.kids)
		kids[i] = kid
		return newInner(kids)
	}
	left := max(0, i-1)
	pair := [2]*node{n.kids[left], n.kids[left+1]}
	pair[i-left] = kid
	return newInner(slices.Concat(n.kids[:left], join(pair[0], pair[1]), n.kids[left+2:]))
}

func (n *node) size() int { return len(n.kids) + len(n.entries) }

// join makes one node of two neighbours where they fit into one with room to spare.
func join(a, b *node) []*node {
	switch {
	case a.size()+b.size() > maxKids*3/4:
		return []*node{a, b}
	case a.kids == nil:
		return []*node{newLeaf(slices.Concat(a.entries, b.entries))}
	}
	return []*node{newInner(slices.Concat(a.kids, b.kids))}
}

// rank is the number of keys smaller than key.
func (n *node) rank(key string) int {
	if n == nil {
		return 0
	}
	below := 0
	for n.kids != nil {
		i := n.child(key)
		for _, k := range n.kids[:i] {
			below += k.count
		}
		n = n.kids[i]
	}
	i, _ := n.index(key)
	return below + i
}

// leaves calls yield with the leaves that have keys in [from, end), in order; end "" is the end of all keys. entries are
// those of the leaf that lie in the range.
func (n *node) leaves(from, end string, yield func(leaf *node, entries []*Entry) bool) bool {
	if n == nil {
		return true
	}
	if n.kids == nil {
		i, _ := n.index(from)
		j := len(n.entries)
		if end != "" {
			j, _ = n.index(end)
		}
		return i >= j || yield(n, n.entries[i:j])
	}
	for _, kid := range n.kids[n.child(from):] {
		if end != "" && kid.low >= end {
			return true
		}
		if !kid.leaves(from, end, yield) {
			return false
		}
	}
	return true
}

// prefixEnd is the first key after all that begin with prefix; "" when there is no such key.
func prefixEnd(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1})
		}
	}
	return ""
}
