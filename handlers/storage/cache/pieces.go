package cache

import (
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

// sweep drops the pieces of leaves that are not in the present state, and those that are not used.
func (ps *pieces) sweep(root *node, now time.Time) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	idle := now.Add(-pieceIdle).Unix()
	kept := ps.leaves[:0]
	ps.bytes = 0
	for _, n := range ps.leaves {
		var left *piece
		size := 0
		if root.leaf(n.low) == n {
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
