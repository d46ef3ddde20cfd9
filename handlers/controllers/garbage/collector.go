// Package garbage is the garbage collector: it deletes what has only owners that are gone, and carries out the three ways to
// delete an owner. Its rules are upstream's.
//
//	background   the owner goes at once; what depends on it is found without an owner and deleted
//	foreground   the owner stays, with a finalizer, until the dependents that block its deletion are gone
//	orphan       the owner stays, with a finalizer, until no dependent names it any more
//
// The graph only says what to look at. Whether an object goes is decided on what the store has of it and of its owners, and
// its deletion is bound to that state by preconditions, so several collectors do each other no harm.
package garbage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/changes"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/queue"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// workers is how many objects are worked on at once: writes that wait together share one sync of the disk. It is upstream's
// number.
const workers = 20

// manager owns the fields that the collector writes, as upstream's does.
const manager = "kube-controller-manager"

// Collector is the garbage collector. It is a changes.Handler. Make one with New.
type Collector struct {
	store    storage.Store
	registry *resource.Registry
	writer   resource.Writer
	log      *slog.Logger
	graph    graph
	deletes  *queue.Queue
	orphans  *queue.Queue
}

// New collects in store, through writer.
func New(store storage.Store, registry *resource.Registry, writer resource.Writer, pace *queue.Pace, log *slog.Logger) *Collector {
	c := &Collector{store: store, registry: registry, writer: writer, log: log}
	c.graph.reset()
	c.deletes = queue.New("garbage_collector_attempt_to_delete", workers, pace, log, c.attemptToDelete)
	c.orphans = queue.New("garbage_collector_attempt_to_orphan", workers, pace, log, c.attemptToOrphan)
	return c
}

// Queues are the work queues, which the caller runs.
func (c *Collector) Queues() []*queue.Queue { return []*queue.Queue{c.deletes, c.orphans} }

// Restart implements changes.Handler. Nobody looks at the graph before it is whole again.
func (c *Collector) Restart() {
	c.graph.mu.Lock()
	c.graph.reset()
}

// Listed implements changes.Handler.
func (c *Collector) Listed() { c.graph.mu.Unlock() }

// Change implements changes.Handler.
func (c *Collector) Change(change *changes.Change) {
	before, after := change.Before(), change.After()
	if change.Listed() {
		c.change(change.Key, before, after)
		return
	}
	if idle(before, after) {
		return
	}
	c.graph.mu.Lock()
	defer c.graph.mu.Unlock()
	c.change(change.Key, before, after)
}

// idle says whether a change is none for the graph: most of them.
func idle(before, after *codec.Lifecycle) bool {
	return before != nil && after != nil && before.UID == after.UID && len(before.Owners)+len(after.Owners) == 0 && !after.Deleting
}

func (c *Collector) change(key string, before, after *codec.Lifecycle) {
	if before != nil && after != nil && before.UID != after.UID {
		c.change(key, before, nil)
		before = nil
	}
	questionable := c.graph.update(key, before, after, c.deletes.Add)
	if after == nil {
		if before != nil {
			c.graph.gone(before.UID, c.deletes.Add)
		}
		return
	}
	for _, ref := range questionable {
		if c.isThere(key, ref) {
			c.graph.seen(ref.UID)
		} else {
			c.deletes.Add(key)
		}
	}
	if waitsFor(after, metav1.FinalizerOrphanDependents) && !waitsFor(before, metav1.FinalizerOrphanDependents) {
		c.orphans.Add(key)
	}
	if waitsFor(after, metav1.FinalizerDeleteDependents) {
		if !waitsFor(before, metav1.FinalizerDeleteDependents) {
			c.graph.foreground[after.UID] = key
			if o := c.graph.owners[after.UID]; o != nil {
				for dependent := range o.dependents {
					c.deletes.Add(dependent)
				}
			}
			c.deletes.Add(key)
		}
	} else {
		delete(c.graph.foreground, after.UID)
	}
}

// isThere says whether an owner is surely there. It does not ask the store: who cannot be found here is looked for again.
func (c *Collector) isThere(key string, ref metav1.OwnerReference) bool {
	at, err := c.place(key, ref)
	if err != nil {
		return false
	}
	kv, known := c.store.Peek(context.Background(), at)
	if !known {
		return false
	}
	l, err := codec.ReadLifecycle(kv.Value)
	return err == nil && l.UID == ref.UID
}

var (
	errUnknownKind = errors.New("the kind of an owner is not served here")
	// errNamespacedOwner: an object of the whole cluster cannot belong to one of a namespace. Trying again does not help.
	errNamespacedOwner = errors.New("the owner of an object without namespace has one")
)

// place is the key of the owner that the object under key names. Owners are looked for in the namespace of the object.
func (c *Collector) place(key string, ref metav1.OwnerReference) (string, error) {
	r := c.ofKind(ref.APIVersion, ref.Kind)
	if r == nil {
		return "", fmt.Errorf("%s %s: %w", ref.APIVersion, ref.Kind, errUnknownKind)
	}
	dependent := c.registry.OfKey(key)
	if dependent == nil {
		return "", fmt.Errorf("%s: %w", key, errUnknownKind)
	}
	namespace, _ := dependent.SplitKey(key)
	if namespace == "" && r.Namespaced {
		return "", errNamespacedOwner
	}
	return r.ObjectKey(namespace, ref.Name), nil
}

// ofKind is the stored resource of a kind; nil when none is served.
func (c *Collector) ofKind(apiVersion, kind string) *resource.Resource {
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err != nil {
		return nil
	}
	group := c.registry.Group(gv.Group)
	if group == nil {
		return nil
	}
	version := group.Version(gv.Version)
	if version == nil {
		return nil
	}
	for r := range version.Resources() {
		if r.Kind == kind && r.Codec != nil && r.Strategy.Virtual == nil {
			return r
		}
	}
	return nil
}
