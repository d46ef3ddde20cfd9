package garbage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// item is an object as the store has it.
type item struct {
	codec.Lifecycle
	key      string
	revision int64
	write    resource.OwnWrite
}

// read is the object under a key; nil when there is none, or the collector has nothing to do with it.
func (c *Collector) read(ctx context.Context, key string) (*item, error) {
	r := c.registry.OfKey(key)
	if r == nil || r.Codec == nil || !r.HasVerb("delete") {
		return nil, nil
	}
	kv, _, err := c.store.Get(ctx, key)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	l, err := codec.ReadLifecycle(kv.Value)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	namespace, name := r.SplitKey(key)
	return &item{Lifecycle: l, key: key, revision: kv.Revision,
		write: resource.OwnWrite{Resource: r.GVR(), Namespace: namespace, Name: name, Manager: manager}}, nil
}

// attemptToDelete deletes an object none of whose owners is left, or lets one go that waits for its dependents.
func (c *Collector) attemptToDelete(ctx context.Context, key string) (time.Duration, error) {
	x, err := c.read(ctx, key)
	if err != nil || x == nil {
		return 0, err
	}
	if x.Deleting {
		// The graph must have heard that it waits: then it knows all dependents of before.
		if waitsFor(&x.Lifecycle, metav1.FinalizerDeleteDependents) && c.graph.waits(x.UID) {
			return 0, c.finishForeground(ctx, x)
		}
		return 0, nil
	}
	if len(x.Owners) == 0 {
		return 0, nil
	}
	owners, err := c.classify(ctx, x)
	switch {
	case errors.Is(err, errNamespacedOwner):
		c.log.Warn("an object without namespace names an owner that has one", "object", key)
		return 0, nil
	case err != nil:
		return 0, err
	case owners.solid > 0:
		return 0, c.forget(ctx, x, append(owners.dangling, owners.waiting...))
	case len(owners.waiting) > 0:
		return 0, c.deleteDependent(ctx, x)
	}
	return 0, c.delete(ctx, x, policyOf(x))
}

// policyOf honours what the object's finalizers ask for already.
func policyOf(x *item) metav1.DeletionPropagation {
	switch {
	case slices.Contains(x.Finalizers, metav1.FinalizerOrphanDependents):
		return metav1.DeletePropagationOrphan
	case slices.Contains(x.Finalizers, metav1.FinalizerDeleteDependents):
		return metav1.DeletePropagationForeground
	}
	return metav1.DeletePropagationBackground
}

// ownersOf are an object's owners: how many are there to stay, and the UIDs of those that are gone or wait for their
// dependents.
type ownersOf struct {
	solid             int
	dangling, waiting []types.UID
}

func (c *Collector) classify(ctx context.Context, x *item) (out ownersOf, err error) {
	for _, ref := range x.Owners {
		at, err := c.place(x.key, ref)
		if err != nil {
			return out, err
		}
		var owner codec.Lifecycle
		kv, _, err := c.store.Get(ctx, at)
		if err == nil {
			owner, err = codec.ReadLifecycle(kv.Value)
		}
		switch {
		case errors.Is(err, storage.ErrNotFound), err == nil && owner.UID != ref.UID:
			out.dangling = append(out.dangling, ref.UID)
		case err != nil:
			return out, err
		case waitsFor(&owner, metav1.FinalizerDeleteDependents):
			out.waiting = append(out.waiting, ref.UID)
		default:
			out.solid++
		}
	}
	return out, nil
}

// deleteDependent deletes an object whose owner waits for that: in the foreground, too, when it has dependents itself. In a
// circle everybody would wait, so there it stops blocking first.
func (c *Collector) deleteDependent(ctx context.Context, x *item) error {
	dependents := c.graph.dependents(x.UID, false)
	if len(dependents) == 0 {
		return c.delete(ctx, x, policyOf(x))
	}
	for _, key := range dependents {
		d, err := c.read(ctx, key)
		if err != nil {
			return err
		}
		if d != nil && waitsFor(&d.Lifecycle, metav1.FinalizerDeleteDependents) {
			if err := c.unblock(ctx, x); err != nil {
				return err
			}
			if x, err = c.read(ctx, x.key); err != nil || x == nil {
				return err
			}
			break
		}
	}
	return c.delete(ctx, x, metav1.DeletePropagationForeground)
}

// delete deletes an object in the state in which it was looked at; in another one it is looked at again.
func (c *Collector) delete(ctx context.Context, x *item, policy metav1.DeletionPropagation) error {
	version := strconv.FormatInt(x.revision, 10)
	err := c.writer.Delete(ctx, x.write, &metav1.DeleteOptions{PropagationPolicy: &policy, Preconditions: &metav1.Preconditions{UID: &x.UID, ResourceVersion: &version}})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// finishForeground lets an object go whose dependents are gone, and else looks after these.
func (c *Collector) finishForeground(ctx context.Context, x *item) error {
	blocking := c.graph.dependents(x.UID, true)
	if len(blocking) == 0 {
		return c.removeFinalizer(ctx, x, metav1.FinalizerDeleteDependents)
	}
	for _, key := range blocking {
		d, err := c.read(ctx, key)
		if err != nil {
			return err
		}
		if d != nil && !d.Deleting {
			c.deletes.Add(key)
		}
	}
	return nil
}

// removeFinalizer takes a finalizer off an object.
func (c *Collector) removeFinalizer(ctx context.Context, x *item, finalizer string) error {
	return c.update(ctx, x, func(o object.Object) {
		o.SetFinalizers(slices.DeleteFunc(slices.Clone(o.GetFinalizers()), func(f string) bool { return f == finalizer }))
	})
}

// forget takes owners off an object.
func (c *Collector) forget(ctx context.Context, x *item, owners []types.UID) error {
	if len(owners) == 0 {
		return nil
	}
	gone := make(map[types.UID]bool, len(owners))
	for _, uid := range owners {
		gone[uid] = true
	}
	return c.update(ctx, x, func(o object.Object) {
		o.SetOwnerReferences(slices.DeleteFunc(slices.Clone(o.GetOwnerReferences()), func(ref metav1.OwnerReference) bool { return gone[ref.UID] }))
	})
}

// unblock lets the owners of an object go without waiting for it.
func (c *Collector) unblock(ctx context.Context, x *item) error {
	return c.update(ctx, x, func(o object.Object) {
		refs := slices.Clone(o.GetOwnerReferences())
		for i := range refs {
			if blocks(refs[i]) {
				no := false
				refs[i].BlockOwnerDeletion = &no
			}
		}
		o.SetOwnerReferences(refs)
	})
}

// errOther: another object has the name now.
var errOther = errors.New("the object is another one")

// update changes an object, unless it is gone or another one by now.
func (c *Collector) update(ctx context.Context, x *item, change func(object.Object)) error {
	_, err := c.writer.Update(ctx, x.write, func(o object.Object) error {
		if o.GetUID() != x.UID {
			return errOther
		}
		change(o)
		return nil
	})
	if errors.Is(err, errOther) || apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
