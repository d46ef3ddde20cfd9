package write

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// errVersionOnCreate refuses a resourceVersion in a create.
var errVersionOnCreate = errors.New("resourceVersion should not be set on objects to be created")

// Create stores a new object of the request's resource, which it changes on the way. Errors are API errors.
func (w *Writer) Create(ctx context.Context, r *Request, o object.Object) (Result, error) {
	op, err := w.begin(r)
	if err != nil {
		return Result{}, err
	}
	if err := r.CheckNamespace(o); err != nil {
		return Result{}, err
	}
	if v := o.GetResourceVersion(); v != "" && v != "0" {
		return Result{}, resource.ClientFault{Err: errVersionOnCreate}
	}
	if err := op.admitNew(ctx, o); err != nil {
		return Result{}, err
	}
	kv, err := op.insert(ctx, o)
	return Result{Stored: kv}, err
}

// admitNew is the part of a create that runs once, even when generated names collide.
func (op *operation) admitNew(ctx context.Context, o object.Object) error {
	a := op.try()
	defer a.Settle(false)
	defer a.Tell(op.Recorder)
	if newName := op.main().Strategy.NewName; o.GetName() == "" && newName != nil {
		o.SetName(newName(o))
	}
	wipe(o)
	uniqueOwners(a, o, "")
	if !op.tracked {
		op.track(o, nil)
	}
	if err := op.mutate(ctx, a, admission.Create, o, nil); err != nil {
		return err
	}
	uniqueOwners(a, o, afterAdmission)
	return nil
}

// insert stores an admitted object. A generated name that exists already is retried with another one, a few times.
func (op *operation) insert(ctx context.Context, o object.Object) (storage.KeyValue, error) {
	generated := o.GetName() == "" && o.GetGenerateName() != ""
	for attempt := 1; ; attempt++ {
		fresh := o
		if generated {
			fresh = object.Copy(o)
		}
		kv, err := op.insertOnce(ctx, fresh, !generated || attempt == nameAttempts)
		if apierrors.IsRequestEntityTooLargeError(err) && !op.tracked && len(o.GetManagedFields()) > 0 {
			// Of all parts of an object managedFields can be done without.
			o.SetManagedFields(nil)
			return op.insert(ctx, o)
		}
		if generated && attempt < nameAttempts && apierrors.IsAlreadyExists(err) {
			continue
		}
		if o.GetGenerateName() != "" && apierrors.IsAlreadyExists(err) {
			err = apierrors.NewGenerateNameConflict(op.Resource.GroupResource(), fresh.GetName(), 1)
		}
		return kv, err
	}
}

// insertOnce is one attempt of a create. last is set when no other name is tried after it.
func (op *operation) insertOnce(ctx context.Context, o object.Object, last bool) (kv storage.KeyValue, err error) {
	a := op.try()
	defer a.Settle(false)
	defer func() {
		if last || !apierrors.IsAlreadyExists(err) {
			a.Tell(op.Recorder)
		}
	}()
	if err := op.complete(ctx, a, o); err != nil {
		return kv, err
	}
	main := op.main()
	kv.Key = main.ObjectKey(o.GetNamespace(), o.GetName())
	if kv.Value, err = op.encode(ctx, o); err != nil {
		return kv, err
	}
	if op.DryRun {
		return kv, op.absent(ctx, kv.Key, o.GetName())
	}
	bound, cancel := a.Bound(ctx)
	defer cancel()
	kv.Revision, err = op.Store.Create(bound, kv.Key, kv.Value, main.Lifetime())
	if err != nil {
		op.unstored(ctx, a, kv.Key, outcome{object: o, value: kv.Value, mark: true}, err)
		if errors.Is(err, storage.ErrExists) {
			return kv, op.exists(ctx, kv.Key, o.GetName())
		}
		return kv, op.storeError(err, o.GetName())
	}
	a.Settle(true)
	return kv, nil
}

// exists is the error for an object that exists already. For one that is being deleted it says so, because a retry may succeed.
func (op *operation) exists(ctx context.Context, key, name string) error {
	exists := apierrors.NewAlreadyExists(op.Resource.GroupResource(), name)
	if kv, _, err := op.Store.Get(ctx, key); err == nil {
		if old, err := op.main().Decode(ctx, kv.Value, kv.Revision); err == nil && old.GetDeletionTimestamp() != nil {
			exists.ErrStatus.Message = "object is being deleted: " + exists.ErrStatus.Message
		}
	}
	return exists
}

// absent is the dry run's check for an existing object.
func (op *operation) absent(ctx context.Context, key, name string) error {
	_, _, err := op.Store.Get(ctx, key)
	switch {
	case err == nil:
		return op.exists(ctx, key, name)
	case errors.Is(err, storage.ErrNotFound):
		return nil
	}
	return op.storeError(err, name)
}

// Act runs a resource that is an action: a binding, an eviction, a review. Its writes are own writes of the server.
func (w *Writer) Act(ctx context.Context, r *Request, body object.Object) (runtime.Object, error) {
	op, err := w.begin(r)
	if err != nil {
		return nil, err
	}
	if err := r.CheckNamespace(body); err != nil {
		return nil, err
	}
	a := op.try()
	defer a.Settle(false)
	defer a.Tell(op.Recorder)
	if op.Resource.Parent == nil {
		wipe(body) // a binding or a token names the object that it is for
	}
	op.track(body, nil)
	if err := op.mutate(ctx, a, admission.Create, body, nil); err != nil {
		return nil, err
	}
	if err := op.judge(ctx, a, admission.Create, body, nil); err != nil {
		return nil, err
	}
	result, err := op.Resource.Strategy.Create(ctx, a, body)
	if err != nil {
		return nil, err
	}
	// A Status of a failure is an error.
	status, isStatus := result.(*metav1.Status)
	a.Settle(!op.DryRun && (!isStatus || status.Status != metav1.StatusFailure))
	return result, nil
}
