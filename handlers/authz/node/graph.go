package node

import (
	"slices"
	"sync"
	"sync/atomic"
)

// kind is what a ref is of.
type kind uint8

const (
	pods kind = iota
	secrets
	configMaps
	serviceAccounts
	volumeClaims
	volumes
	resourceClaims
	attachments
	slicesOfNodes
	certificateRequests
)

// ref names an object.
type ref struct {
	kind            kind
	namespace, name string
}

// graph knows which objects a node has to do with. Most relations are one step long, because what a pod refers to is noted
// with the pod's node; only volumes lead on to a claim. It is safe for concurrent use.
type graph struct {
	mu    sync.RWMutex
	nodes map[string]*member
	// objects are those that something refers to.
	objects map[ref]*target
	// sources are the objects that say something, with what they say.
	sources map[ref]*source
	// complete is set once everything in the store has been read.
	complete atomic.Bool
}

// member is a node, once however many refer to it.
type member struct {
	name string
	uses int
	// claims are those that sources on it refer to.
	claims map[ref]struct{}
}

// target is something that nodes may read, because of pods on them (users), or because of volumes: through are the claims
// of those, each with the number of its volumes that refer to the object.
type target struct {
	ref     ref
	users   users
	through map[ref]int
}

// source is a pod, volume or another object that gives its node, or the user of its claim, access to others.
type source struct {
	node    *member
	objects []*target
	// claim is what a volume is bound to; it has no node then.
	claim *ref
}

func newGraph() *graph {
	return &graph{nodes: map[string]*member{}, objects: map[ref]*target{}, sources: map[ref]*source{}}
}

// put notes what a source says, in place of what it said before. Without a node and a claim it says nothing.
func (g *graph) put(key ref, node string, claim *ref, refs []ref) {
	g.mu.Lock()
	defer g.mu.Unlock()
	old := g.sources[key]
	if old != nil && old.same(node, claim, refs) {
		return
	}
	// What stays is not taken away first, so that nobody is refused in between: both happen under the lock.
	g.remove(key, old)
	if node == "" && claim == nil {
		return
	}
	s := &source{claim: claim, objects: make([]*target, 0, len(refs))}
	if node != "" {
		if s.node = g.nodes[node]; s.node == nil {
			s.node = &member{name: node}
			g.nodes[node] = s.node
		}
		s.node.uses++
	}
	for _, r := range refs {
		o := g.objects[r]
		if o == nil {
			o = &target{ref: r}
			g.objects[r] = o
		}
		o.attach(s)
		s.objects = append(s.objects, o)
	}
	g.sources[key] = s
}

func (s *source) same(node string, claim *ref, refs []ref) bool {
	if (s.node == nil) != (node == "") || s.node != nil && s.node.name != node {
		return false
	}
	if (s.claim == nil) != (claim == nil) || claim != nil && *s.claim != *claim {
		return false
	}
	return slices.EqualFunc(s.objects, refs, func(o *target, r ref) bool { return o.ref == r })
}

// delete forgets a source.
func (g *graph) delete(key ref) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.remove(key, g.sources[key])
}

// keep forgets the sources of a kind that are not listed.
func (g *graph) keep(of kind, listed map[ref]bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key, s := range g.sources {
		if key.kind == of && !listed[key] {
			g.remove(key, s)
		}
	}
}

func (g *graph) remove(key ref, s *source) {
	if s == nil {
		return
	}
	delete(g.sources, key)
	for _, o := range s.objects {
		o.detach(s)
		if o.users.empty() && len(o.through) == 0 {
			delete(g.objects, o.ref)
		}
	}
	if s.node != nil {
		if s.node.uses--; s.node.uses == 0 {
			delete(g.nodes, s.node.name)
		}
	}
}

func (o *target) attach(s *source) {
	if s.node == nil {
		if o.through == nil {
			o.through = map[ref]int{}
		}
		o.through[*s.claim]++
		return
	}
	if o.users.add(s.node) && o.ref.kind == volumeClaims {
		if s.node.claims == nil {
			s.node.claims = map[ref]struct{}{}
		}
		s.node.claims[o.ref] = struct{}{}
	}
}

func (o *target) detach(s *source) {
	if s.node == nil {
		if o.through[*s.claim]--; o.through[*s.claim] == 0 {
			delete(o.through, *s.claim)
		}
		return
	}
	if o.users.remove(s.node) && o.ref.kind == volumeClaims {
		delete(s.node.claims, o.ref)
	}
}

// reaches says whether the node has to do with the object.
func (g *graph) reaches(node string, r ref) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	n, o := g.nodes[node], g.objects[r]
	if n == nil || o == nil {
		return false
	}
	return o.users.has(n) || o.sharesClaim(n)
}

// sharesClaim says whether a volume that refers to the object has a claim of the node. All volumes of a driver may have one
// secret, and a node only so many claims: the fewer are looked at.
func (o *target) sharesClaim(n *member) bool {
	if len(n.claims) < len(o.through) {
		for claim := range n.claims {
			if o.through[claim] > 0 {
				return true
			}
		}
		return false
	}
	for claim := range o.through {
		if _, has := n.claims[claim]; has {
			return true
		}
	}
	return false
}
