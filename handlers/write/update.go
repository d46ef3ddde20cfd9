package write

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Change returns the next state of the live object, as a new object: live must not be changed. It runs once per attempt and must
// be repeatable. current is the stored form of live.
type Change func(ctx context.Context, a *resource.Attempt, current storage.KeyValue, live object.Object) (object.Object, error)

// Replace replaces the object that the request names, or the part of it that a subresource is, by body. Where the row has
// createOnUpdate, a missing object is created, if the user may create it. Errors are API errors.
func (w *Writer) Replace(ctx context.Context, r *Request, body object.Object) (Result, error) {
	op, err := w.begin(r)
	if err != nil {
		return Result{}, err
	}
	for {
		result, err := op.update(ctx, true, func(ctx context.Context, a *resource.Attempt, _ storage.KeyValue, live object.Object) (object.Object, error) {
			// Before the body is merged, because a view of another kind would name itself in the error.
			if uid := body.GetUID(); uid != "" && uid != live.GetUID() {
				return nil, otherUID(r.Resource.GroupResource(), live.GetName(), uid, live.GetUID())
			}
			return op.merge(ctx, a, object.Copy(body), live, true)
		})
		if !errors.Is(err, storage.ErrNotFound) || !r.Resource.CreateOnUpdate || r.Resource.Parent != nil {
			return result, op.storeError(err, r.Name)
		}
		result.Created = true
		result.Stored, err = op.createInstead(ctx, object.Copy(body))
		if !apierrors.IsAlreadyExists(err) || ctx.Err() != nil || r.DryRun {
			return result, err
		}
	}
}

// createInstead creates the object of an update that does not exist.
func (op *operation) createInstead(ctx context.Context, o object.Object) (storage.KeyValue, error) {
	if err := op.authorized(ctx, "create", op.Name); err != nil {
		return storage.KeyValue{}, err
	}
	if uid := o.GetUID(); uid != "" {
		return storage.KeyValue{}, otherUID(op.Resource.GroupResource(), op.Name, uid, "")
	}
	if err := op.admitNew(ctx, o); err != nil {
		return storage.KeyValue{}, err
	}
	return op.insert(ctx, o)
}

// Update changes the object that the request names; a patch is a change. Errors are API errors.
func (w *Writer) Update(ctx context.Context, r *Request, change Change) (Result, error) {
	op, err := w.begin(r)
	if err != nil {
		return Result{}, err
	}
	result, err := op.update(ctx, false, func(ctx context.Context, a *resource.Attempt, current storage.KeyValue, live object.Object) (object.Object, error) {
		o, err := change(ctx, a, current, live)
		if err != nil {
			return nil, err
		}
		return op.merge(ctx, a, o, live, false)
	})
	return result, op.storeError(err, r.Name)
}

// merge returns the next state of the object for a body. For most resources that is the body itself. A view of another kind (a
// Scale) has its own managedFields, and is then applied to the live object.
func (op *operation) merge(ctx context.Context, a *resource.Attempt, body, live object.Object, put bool) (object.Object, error) {
	if op.Resource.Strategy.Apply == nil {
		return body, nil
	}
	shown, err := op.shown(live)
	if err != nil {
		return nil, err
	}
	if err := op.takeIn(ctx, a, body, shown, put); err != nil {
		return nil, err
	}
	o := object.Copy(live)
	if err := op.Resource.Strategy.Apply(ctx, body, o); err != nil {
		return nil, err
	}
	op.viewTracked(o, body)
	if version := body.GetResourceVersion(); version != "" {
		o.SetResourceVersion(version)
	}
	if body.GetUID() != "" {
		o.SetUID(body.GetUID())
	}
	return o, nil
}

// update runs the attempts of an update. put is set for whole objects, and not for patches.
func (op *operation) update(ctx context.Context, put bool, change Change) (Result, error) {
	main := op.main()
	key, err := objectKey(main, op.Namespace, op.Name)
	if err != nil {
		return Result{}, err
	}
	out, kv, err := op.attempts(ctx, key, func(ctx context.Context, a *resource.Attempt, current storage.KeyValue) (out outcome, err error) {
		stored := current.Value
		// A copy, because the stored form of live is compared and swapped.
		if current.Value, err = main.ServedOne(ctx, current.Value); err != nil {
			return out, err
		}
		live, err := main.Codec.Decode(current.Value, current.Revision)
		if err != nil {
			return out, err
		}
		if out.object, err = change(ctx, a, current, live); err != nil {
			return out, err
		}
		if err = op.renew(ctx, a, out.object, live, put); err != nil {
			return out, err
		}
		if out.remove = op.finished(out.object, live); out.remove {
			op.release(ctx, a, out.object)
		}
		out.mark = !out.remove
		out.value, err = op.encodeChanged(ctx, out.object, live, stored)
		return out, err
	})
	return Result{Stored: kv, Removed: out.remove && err == nil}, err
}

// finished reports whether an object that is being deleted has no finalizer left, so that this write removes it.
func (op *operation) finished(o, old object.Object) bool {
	if old.GetDeletionTimestamp() == nil || len(o.GetFinalizers()) > 0 {
		return false
	}
	if grace := old.GetDeletionGracePeriodSeconds(); grace != nil && *grace > 0 {
		return false
	}
	retain := op.main().Strategy.Retain
	return retain == nil || !retain(o)
}

// release registers the release of a removed object's allocations with the attempt.
func (op *operation) release(ctx context.Context, a *resource.Attempt, o object.Object) {
	if release := op.main().Strategy.Release; release != nil {
		release(ctx, a, o)
	}
}
