package garbage

import (
	"slices"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
)

// graph is who depends on whom, by the owners' UIDs. It holds no objects and, of those without owners and dependents,
// nothing: what becomes of an object is decided on what is stored. The follower's goroutine writes it, workers read.
type graph struct {
	mu     sync.Mutex
	owners map[types.UID]*owner
	// foreground are the keys of the objects that are deleted once their dependents are, by UID.
	foreground map[types.UID]string
}

// owner is what depends on an object.
type owner struct {
	// dependents are keys, each with whether it blocks the owner's foreground deletion.
	dependents map[string]bool
	// found: the owner was seen in the store, and nothing of its end was heard since.
	found bool
}

func (g *graph) reset() {
	g.owners, g.foreground = map[types.UID]*owner{}, map[types.UID]string{}
}

// update takes in a change of the object under key; the caller holds mu. before and after are nil for none. What must be looked at because of
// it is passed to queue; questionable are the owners that it has newly and nobody has seen.
func (g *graph) update(key string, before, after *codec.Lifecycle, queue func(key string)) (questionable []metav1.OwnerReference) {
	var was, is []metav1.OwnerReference
	if before != nil {
		was = before.Owners
	}
	if after != nil {
		is = after.Owners
	}
	if len(was) > 0 {
		now := make(map[types.UID]bool, len(is))
		for _, ref := range is {
			now[ref.UID] = now[ref.UID] || blocks(ref)
		}
		for _, ref := range was {
			blocking, stays := now[ref.UID]
			if !stays {
				g.leave(ref.UID, key)
			}
			// An owner that waited for this dependent may be free.
			if owner, waits := g.foreground[ref.UID]; waits && (!stays || blocks(ref) && !blocking) {
				queue(owner)
			}
		}
	}
	for _, ref := range is {
		o := g.owners[ref.UID]
		if o == nil {
			o = &owner{dependents: make(map[string]bool, 1)}
			g.owners[ref.UID] = o
		}
		if _, had := o.dependents[key]; !had && !o.found {
			questionable = append(questionable, ref)
		}
		o.dependents[key] = false
	}
	for _, ref := range is {
		if blocks(ref) {
			g.owners[ref.UID].dependents[key] = true
		}
	}
	return questionable
}

func (g *graph) leave(uid types.UID, key string) {
	if o := g.owners[uid]; o != nil {
		if delete(o.dependents, key); len(o.dependents) == 0 {
			delete(g.owners, uid)
		}
	}
}

// gone passes the dependents of an object that is gone to queue; the caller holds mu.
func (g *graph) gone(uid types.UID, queue func(key string)) {
	delete(g.foreground, uid)
	if o := g.owners[uid]; o != nil {
		o.found = false
		for key := range o.dependents {
			queue(key)
		}
	}
}

// seen notes that an owner is there; the caller holds mu.
func (g *graph) seen(uid types.UID) {
	if o := g.owners[uid]; o != nil {
		o.found = true
	}
}

// dependents are the keys of what depends on an object, or of what blocks its deletion only.
func (g *graph) dependents(uid types.UID, blocking bool) (keys []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if o := g.owners[uid]; o != nil {
		for key, blocks := range o.dependents {
			if blocks || !blocking {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// waits says whether the deletion of an object waits for its dependents, as far as was heard.
func (g *graph) waits(uid types.UID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, waits := g.foreground[uid]
	return waits
}

func blocks(ref metav1.OwnerReference) bool {
	return ref.BlockOwnerDeletion != nil && *ref.BlockOwnerDeletion
}

// waitsFor says whether an object is being deleted and a finalizer of the collector is to be worked on.
func waitsFor(l *codec.Lifecycle, finalizer string) bool {
	return l != nil && l.Deleting && slices.Contains(l.Finalizers, finalizer)
}
