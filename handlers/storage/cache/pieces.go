package cache

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// Pieces that nobody used for pieceIdle are dropped, and more than mostPieces bytes of them are not kept.
	pieceIdle  = 5 * time.Minute
	mostPieces = 256 << 20
)

// piece is an encoded form of all entries of a leaf. Pieces of a leaf are a list, newest first.
type piece struct {
	key  any
	data any
	size int
	used atomic.Int64
	next *piece
}

// pieces keeps count of the pieces that leaves have, so that they can be dropped again: a leaf that a write has replaced
// may live on in an old state, and should not take its pieces along.
type pieces struct {
	mu     sync.Mutex
	leaves []*node
	bytes  int
	// gathered are leaves of entries that were picked out of a state, by the first of them.
	gathered map[*Entry]gathering
}

// gathering is a leaf that is in no tree, and when it was asked for last, in seconds.
type gathering struct {
	leaf *node
	used int64
}

// Entries that are picked again within gatherIdle are a leaf that things can be kept with, unless there are only a few of
// them or mostGathered such leaves already.
const (
	gatherIdle    = time.Minute
	leastGathered = 8
	mostGathered  = 4096
)

// gather is the leaf of some entries, if the same were picked lately; nil otherwise. So nothing is kept of what is picked
// once.
func (ps *pieces) gather(entries []*Entry, now time.Time) *node {
	if len(entries) < leastGathered {
		return nil
	}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	g, again := ps.gathered[entries[0]]
	switch {
	case again && slices.Equal(g.leaf.entries, entries):
		ps.gathered[entries[0]] = gathering{g.leaf, now.Unix()}
		return g.leaf
	case !again && len(ps.gathered) >= mostGathered:
		return nil
	case ps.gathered == nil:
		ps.gathered = map[*Entry]gathering{}
	}
	// What was kept with another leaf that began with the same entry is found by nobody any more, and swept.
	ps.gathered[entries[0]] = gathering{newLeaf(slices.Clone(entries)), now.Unix()}
	return nil
}

// find is the leaf's piece of a key.
func (n *node) find(key any) *piece {
	for p := n.pieces.Load(); p != nil; p = p.next {
		if p.key == key {
			return p
		}
	}
	return nil
}

// keep adds a piece to a leaf, unless there is too much already.
func (ps *pieces) keep(n *node, key, data any, size int) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.bytes+size > mostPieces || n.find(key) != nil {
		return
	}
	p := &piece{key: key, data: data, size: size, next: n.pieces.Load()}
	p.used.Store(time.Now().Unix())
	if p.next == nil {
		ps.leaves = append(ps.leaves, n)
	}
	ps.bytes += size
	n.pieces.Store(p)
}

// sweep drops the pieces of leaves that are neither in the present state nor gathered, and those that are not used.
func (ps *pieces) sweep(root *node, now time.Time) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	idle := now.Add(-pieceIdle).Unix()
	for first, g := range ps.gathered {
		if g.used < now.Add(-gatherIdle).Unix() {
			delete(ps.gathered, first)
		}
	}
	kept := ps.leaves[:0]
	ps.bytes = 0
	for _, n := range ps.leaves {
		var left *piece
		size := 0
		if root.leaf(n.low) == n || ps.gathered[n.entries[0]].leaf == n {
			for p := n.pieces.Load(); p != nil; p = p.next {
				if p.used.Load() < idle {
					continue
				}
				again := &piece{key: p.key, data: p.data, size: p.size, next: left}
				again.used.Store(p.used.Load())
				left, size = again, size+p.size
			}
		}
		n.pieces.Store(left)
		if ps.bytes += size; left != nil {
			kept = append(kept, n)
		}
	}
	clear(ps.leaves[len(kept):])
	ps.leaves = kept
}
