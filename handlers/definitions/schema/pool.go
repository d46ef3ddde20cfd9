package schema

import (
	"runtime"
	"sync"
	"time"
	"weak"
)

// Pool has what the schemas of a server share: nodes, by content. It keeps none alive, so those of a deleted definition go with the
// last schema that has them.
type Pool struct {
	mu    sync.Mutex // guards what follows
	nodes map[identity]weak.Pointer[node]
	// most is the largest number of nodes since the map was made: maps do not shrink.
	most int

	programs programs
}

// NewPool makes a pool.
func NewPool() *Pool { return &Pool{nodes: map[identity]weak.Pointer[node]{}} }

// New makes a Schema, which costs next to nothing until it is used.
func (p *Pool) New(o Options) *Schema {
	s := &Schema{Options: o, pool: p}
	s.judge.make, s.judge.after = s.newJudge, time.AfterFunc
	s.merge.make, s.merge.after = s.newMergeType, time.AfterFunc
	return s
}

// share is the node of the pool that is the same as n.
func (p *Pool) share(n *node) *node {
	n.id = n.identify()
	p.mu.Lock()
	defer p.mu.Unlock()
	if same := p.nodes[n.id].Value(); same != nil {
		return same
	}
	p.nodes[n.id] = weak.Make(n)
	p.most = max(p.most, len(p.nodes))
	runtime.AddCleanup(n, p.forget, n.id)
	return n
}

// forget removes a node that nobody has any more.
func (p *Pool) forget(id identity) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.nodes[id].Value() != nil {
		return // it has come again meanwhile
	}
	delete(p.nodes, id)
	if p.most > 1024 && len(p.nodes) < p.most/4 {
		smaller := make(map[identity]weak.Pointer[node], len(p.nodes))
		for k, v := range p.nodes {
			smaller[k] = v
		}
		p.nodes, p.most = smaller, len(smaller)
	}
}
