package write

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// Delete deletes the object that the request names. One that has a grace period or finalizers is marked and stays. Errors are
// API errors.
func (w *Writer) Delete(ctx context.Context, r *Request, options *metav1.DeleteOptions) (Result, error) {
	op, err := w.begin(r)
	if err != nil {
		return Result{}, err
	}
	key, err := objectKey(r.Resource, r.Namespace, r.Name)
	if err != nil {
		return Result{}, err
	}
	out, kv, err := op.attempts(ctx, key, func(ctx context.Context, a *resource.Attempt, current storage.KeyValue) (out outcome, err error) {
		o, err := r.Resource.Decode(ctx, current.Value, current.Revision)
		if err != nil {
			return out, err
		}
		d := deletion{operation: op, attempt: a, options: options.DeepCopy()}
		if out, err = d.decide(ctx, o); err != nil {
			return out, err
		}
		if out.remove {
			op.release(ctx, a, out.object)
		}
		if out.mark || out.remove {
			op.tell(ctx, a, out.object)
		}
		if out.value = current.Value; out.mark || out.remove {
			out.value, err = op.encode(ctx, out.object)
		}
		return out, err
	})
	if err != nil {
		return Result{Stored: kv}, op.storeError(err, r.Name)
	}
	return Result{Stored: kv, Last: out.object, Removed: out.remove, Marked: out.mark && !out.remove}, nil
}

// deletion is one attempt to delete. It has its own copy of the options, because a strategy may fill them in.
type deletion struct {
	*operation
	attempt *resource.Attempt
	options *metav1.DeleteOptions
}

// decide changes the live object o and returns the outcome.
func (d *deletion) decide(ctx context.Context, o object.Object) (outcome, error) {
	if err := d.admit(ctx, o); err != nil {
		return outcome{}, err
	}
	kind := schema.GroupKind{Group: d.Resource.HomeGroup(), Kind: d.Resource.Kind}
	// A verb has looked at its options before; those of an eviction come in its body.
	if errs := metav1validation.ValidateDeleteOptions(d.options); len(errs) > 0 {
		return outcome{}, validation.Refuse(object.GroupKind(metav1.GroupName, "DeleteOptions"), "", errs)
	}
	if p := d.options.Preconditions; d.Resource.Strategy.BeforeDelete != nil && p != nil && p.UID != nil && *p.UID != o.GetUID() {
		return outcome{}, otherUID(d.Resource.GroupResource(), o.GetName(), *p.UID, o.GetUID())
	}
	if err := checkPreconditions(kind, o, d.options.Preconditions); err != nil {
		return outcome{}, err
	}
	s := d.Resource.Strategy
	if s.BeforeDelete != nil {
		changed, err := s.BeforeDelete(ctx, object.Copy(o), d.options)
		if err != nil {
			return outcome{}, err
		}
		if changed != nil {
			return outcome{object: changed, mark: true}, nil
		}
	}
	graceful, pending := d.grace(ctx, o)
	if pending {
		return outcome{object: o}, nil
	}
	o.SetFinalizers(d.finalizers(o))
	switch {
	case len(o.GetFinalizers()) > 0:
		if !graceful {
			markDeleting(o, d.Now())
		}
		return outcome{object: o, mark: true}, nil
	case graceful && *o.GetDeletionGracePeriodSeconds() > 0:
		return outcome{object: o, mark: true}, nil
	case s.Retain != nil && s.Retain(o):
		markDeleting(o, d.Now())
		return outcome{object: o, mark: true}, nil
	}
	// Watchers see the deletion timestamp of a graceful deletion even when its period is zero.
	return outcome{object: o, mark: graceful, remove: true}, nil
}

// admit asks admission, before anything of the object changes.
func (d *deletion) admit(ctx context.Context, o object.Object) error {
	if d.own {
		return nil
	}
	attributes := d.attributes(d.attempt, admission.Delete, nil, o)
	attributes.Name = o.GetName()
	if err := d.Admission.Admit(ctx, attributes); err != nil {
		return err
	}
	return d.Admission.Validate(ctx, attributes)
}

func checkPreconditions(kind schema.GroupKind, o object.Object, p *metav1.Preconditions) error {
	if p == nil {
		return nil
	}
	gr := object.GroupResource(kind.Group, kind.Kind)
	if p.UID != nil && *p.UID != o.GetUID() {
		return apierrors.NewConflict(gr, o.GetName(), fmt.Errorf("the UID in the precondition (%s) does not match the UID in record (%s). The object might have been deleted and then recreated", *p.UID, o.GetUID()))
	}
	if p.ResourceVersion != nil && *p.ResourceVersion != o.GetResourceVersion() {
		return apierrors.NewConflict(gr, o.GetName(), fmt.Errorf("the ResourceVersion in the precondition (%s) does not match the ResourceVersion in record (%s). The object might have been modified", *p.ResourceVersion, o.GetResourceVersion()))
	}
	return nil
}
