// Package emptying is the namespace controller: it deletes what is in a namespace that is being deleted, says in the
// namespace's status what is left, and in the end lets the namespace go. Order, waiting times and words are upstream's.
package emptying

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/controllers/changes"
	"github.com/gatehouse-dev/gatehouse/handlers/controllers/queue"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// DefaultGrace is how long after a namespace was deleted its content is: creates that were admitted before must be stored
// by then. It is upstream's.
const DefaultGrace = 5 * time.Second

const (
	// workers is how many namespaces are emptied at once; upstream's number.
	workers = 10
	// manager owns the fields that the controller writes, as upstream's does.
	manager = "kube-controller-manager"
	// finalizer is the one of spec.finalizers that stands for this controller.
	finalizer = "kubernetes"
)

var namespaces = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}

// Controller empties namespaces. It is a changes.Handler. Make one with New.
type Controller struct {
	objects *resource.Objects
	store   *cache.Cache
	writer  resource.Writer
	pace    *queue.Pace
	grace   time.Duration
	queue   *queue.Queue
	keys    storage.Collection

	mu sync.Mutex
	// waiting are the namespaces in which something is left, until something of that goes.
	waiting map[string]bool
}

// New empties namespaces of store, which objects reads, through writer. grace is DefaultGrace but for tests.
func New(store *cache.Cache, objects *resource.Objects, writer resource.Writer, grace time.Duration, pace *queue.Pace, log *slog.Logger) *Controller {
	c := &Controller{store: store, objects: objects, writer: writer, pace: pace, grace: grace, waiting: map[string]bool{}, keys: resource.KeysOf("", "namespaces")}
	c.queue = queue.New("namespace", workers, pace, log, c.sync)
	return c
}

// Queues are the work queues, which the caller runs.
func (c *Controller) Queues() []*queue.Queue { return []*queue.Queue{c.queue} }

// Restart implements changes.Handler.
func (c *Controller) Restart() {}

// Listed implements changes.Handler.
func (c *Controller) Listed() {}

// Change implements changes.Handler.
func (c *Controller) Change(change *changes.Change) {
	if change.Deleted() {
		c.freed(change.Key)
		return
	}
	prefix := c.keys.Prefix()
	if len(change.Key) <= len(prefix) || change.Key[:len(prefix)] != prefix {
		return
	}
	if after := change.After(); after == nil || !after.Deleting {
		return
	}
	// What changes on the way is mostly this controller's own.
	if before := change.Before(); before == nil || !before.Deleting {
		_, name := c.keys.Split(change.Key)
		c.queue.AddAfter(name, c.grace)
	}
}

// settle is how long is waited for more to go before a namespace is looked at again.
const settle = time.Second

// freed looks at a namespace again in which something was left that is gone.
func (c *Controller) freed(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		return
	}
	r := c.objects.Registry.OfKey(key)
	if r == nil {
		return
	}
	if namespace, _ := r.SplitKey(key); c.waiting[namespace] {
		delete(c.waiting, namespace)
		c.queue.AddAfter(namespace, min(settle, c.grace))
	}
}

// wait notes whether something is left in a namespace.
func (c *Controller) wait(namespace string, waits bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if waits {
		c.waiting[namespace] = true
	} else {
		delete(c.waiting, namespace)
	}
}

// errOther: the namespace is another one by now.
var errOther = errors.New("namespace uid has changed across retries")

// sync empties a namespace. What is left is looked at again when half of the time has passed that it is expected to take.
func (c *Controller) sync(ctx context.Context, name string) (again time.Duration, err error) {
	live, err := c.objects.Get(ctx, namespaces, "", name)
	if apierrors.IsNotFound(err) {
		c.wait(name, false)
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	ns, ok := live.(*corev1.Namespace)
	if !ok || ns.DeletionTimestamp == nil {
		return 0, nil
	}
	if ns.Status.Phase != "Terminating" {
		if err := c.update(ctx, ns, "status", func(o *corev1.Namespace) bool { o.Status.Phase = "Terminating"; return true }); err != nil {
			return 0, gone(err)
		}
	}
	if len(ns.Spec.Finalizers) == 0 {
		return 0, nil
	}
	// It waits before it is looked at, so that nothing goes unnoticed in between.
	c.wait(name, true)
	estimate, err := c.empty(ctx, ns)
	if err != nil {
		return 0, err
	}
	if estimate > 0 {
		return (estimate/2 + time.Second).Truncate(time.Second), nil
	}
	c.wait(name, false)
	return 0, gone(c.update(ctx, ns, "finalize", func(o *corev1.Namespace) bool {
		o.Spec.Finalizers = slices.DeleteFunc(o.Spec.Finalizers, func(f string) bool { return f == finalizer })
		return true
	}))
}

// gone takes the error for none that says that a namespace is gone.
func gone(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// errNothing ends an update that has nothing to change.
var errNothing = errors.New("nothing changes")

// update changes a namespace that still is the one that was looked at.
func (c *Controller) update(ctx context.Context, ns *corev1.Namespace, subresource string, change func(*corev1.Namespace) bool) error {
	_, err := c.writer.Update(ctx, resource.OwnWrite{Resource: namespaces, Subresource: subresource, Name: ns.Name, Manager: manager}, func(o object.Object) error {
		now, ok := o.(*corev1.Namespace)
		if !ok || now.UID != ns.UID {
			return errOther
		}
		if !change(now) {
			return errNothing
		}
		return nil
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// report writes the conditions of a namespace when any of them changes. A failure does not keep the namespace from going.
func (c *Controller) report(ctx context.Context, ns *corev1.Namespace, f *found, totals bool) error {
	problems := f.problems(totals)
	return gone(c.update(ctx, ns, "status", func(o *corev1.Namespace) bool { return tell(o, problems, metav1.Now()) }))
}
