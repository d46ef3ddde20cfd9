package verb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// delete answers DELETE of one object. What waits for a grace period or for finalizers is marked and stays.
func (h *Handlers) delete(r *pipeline.Request) error {
	answer, err := negotiate(r)
	if err != nil {
		return err
	}
	options, err := deleteOptions(r)
	if err != nil {
		return err
	}
	w := &write{Handlers: h, r: r, res: r.Resource, dryRun: len(options.DryRun) > 0}
	d := deletion{write: w, options: options}
	kv, err := d.run(r.Info.Name)
	if err != nil {
		return err
	}
	code := http.StatusOK
	if !d.gone && options.OrphanDependents != nil && !*options.OrphanDependents { //nolint:staticcheck // clients still send it
		code = http.StatusAccepted
	}
	if !d.marked && !r.Resource.ReturnsDeleted {
		return answer.object(h, r, code, d.status())
	}
	return answer.stored(h, r, code, kv)
}

// deleteOptions reads the options from the body or, when there is none, from the query.
func deleteOptions(r *pipeline.Request) (*metav1.DeleteOptions, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	o := &metav1.DeleteOptions{}
	if len(body) > 0 {
		if o, err = codec.DecodeDeleteOptions(r.HTTP.Header.Get("Content-Type"), body); err != nil {
			return nil, err
		}
		auditOptions(r, o)
	} else if err := metav1.Convert_url_Values_To_v1_DeleteOptions((*url.Values)(&r.Query), o, nil); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	if err := invalidOptions("DeleteOptions", metav1validation.ValidateDeleteOptions(o)); err != nil {
		return nil, err
	}
	if warning := r.Resource.Strategy.OrphanWarning; warning != "" && o.PropagationPolicy == nil && o.OrphanDependents == nil { //nolint:staticcheck // clients still send it
		r.Writer.Warn(warning)
	}
	return o, nil
}

// deletion is one object on its way out.
type deletion struct {
	*write
	options *metav1.DeleteOptions
	// last is the object in its last state.
	last object.Object
	// marked: the object stays, with a deletionTimestamp; gone: it was removed. Neither: it was on its way out already.
	marked, gone bool
}

// run marks or removes the object and returns its last stored form.
func (d *deletion) run(name string) (storage.KeyValue, error) {
	key, err := objectKey(d.res, d.r.Info.Namespace, name)
	if err != nil {
		return storage.KeyValue{}, err
	}
	var before storage.KeyValue
	kv, err := d.apply(d.context(), key, func(current storage.KeyValue) ([]byte, error) {
		before = current
		w := d.write
		w.finish(false)
		w.try()
		o, err := d.res.Codec.Decode(current.Value, current.Revision)
		if err != nil {
			return nil, err
		}
		changed, err := d.decide(d.context(), o)
		if err != nil {
			return nil, err
		}
		if d.last = changed; d.gone && d.res.Strategy.Release != nil {
			d.res.Strategy.Release(d.context(), w.attempt, changed)
		}
		switch {
		case d.marked:
			return d.encode(changed)
		case !d.gone:
			return current.Value, nil
		case d.dryRun:
			return d.encode(changed)
		}
		return nil, nil
	})
	d.finish(err == nil)
	if err != nil {
		return kv, storageError(err, d.r, name)
	}
	if d.gone && !d.dryRun {
		if kv.Value, err = d.encode(d.last); err != nil {
			return kv, err
		}
		kv.Revision = before.Revision
	}
	return kv, nil
}

// decide says what becomes of the live object o and changes it so. Options are copied: a strategy may fill them in, which
// must not reach the next attempt or the next object of a collection.
func (d *deletion) decide(ctx context.Context, o object.Object) (object.Object, error) {
	d.marked, d.gone = false, false
	options := d.options.DeepCopy()
	// Admission is over before anything of the object changes.
	a := d.attributes(d.r, admission.Delete, nil, o, d.dryRun)
	a.Name = o.GetName()
	if err := d.Admission.Admit(ctx, a); err != nil {
		return nil, err
	}
	if err := d.Admission.Validate(ctx, a); err != nil {
		return nil, err
	}
	if err := checkPreconditions(schema.GroupKind{Group: d.res.HomeGroup(), Kind: d.res.Kind}, o, options); err != nil {
		return nil, err
	}
	s := d.res.Strategy
	if s.BeforeDelete != nil {
		changed, err := s.BeforeDelete(ctx, object.Copy(o), options)
		if err != nil {
			return nil, err
		}
		if changed != nil {
			d.marked = true
			return changed, nil
		}
	}
	graceful, pending := d.grace(ctx, o, options)
	if pending {
		return o, nil
	}
	o.SetFinalizers(d.finalizers(o, options))
	switch {
	case len(o.GetFinalizers()) > 0:
		d.marked = true
		if !graceful {
			markDeleting(o, d.Now())
		}
	case graceful && *o.GetDeletionGracePeriodSeconds() > 0:
		d.marked = true
	case s.Retain != nil && s.Retain(o):
		d.marked = true
		markDeleting(o, d.Now())
	default:
		d.gone = true
	}
	return o, nil
}

func checkPreconditions(kind schema.GroupKind, o object.Object, options *metav1.DeleteOptions) error {
	p := options.Preconditions
	if p == nil {
		return nil
	}
	if p.UID != nil && *p.UID != o.GetUID() {
		return uidConflict(o, kind, *p.UID)
	}
	if p.ResourceVersion != nil && *p.ResourceVersion != o.GetResourceVersion() {
		return apierrors.NewConflict(object.GroupResource(kind.Group, kind.Kind), o.GetName(), fmt.Errorf("the ResourceVersion in the precondition (%s) does not match the ResourceVersion in record (%s). The object might have been modified", *p.ResourceVersion, o.GetResourceVersion()))
	}
	return nil
}

// grace starts or shortens the grace period of o where its strategy has one. pending: the object is on its way out and the
// request changes nothing about when.
func (d *deletion) grace(ctx context.Context, o object.Object, options *metav1.DeleteOptions) (graceful, pending bool) {
	if d.res.Strategy.GracePeriod == nil {
		return false, false
	}
	if options.GracePeriodSeconds != nil && *options.GracePeriodSeconds < 0 {
		one := int64(1)
		options.GracePeriodSeconds = &one
	}
	if o.GetDeletionTimestamp() == nil {
		seconds := d.res.Strategy.GracePeriod(ctx, o, options)
		at := metav1.NewTime(d.Now().Add(time.Duration(seconds) * time.Second)).Rfc3339Copy()
		o.SetDeletionTimestamp(&at)
		o.SetDeletionGracePeriodSeconds(&seconds)
		bumpGeneration(o)
		return true, false
	}
	current := o.GetDeletionGracePeriodSeconds()
	if current == nil || *current == 0 {
		return false, false
	}
	if options.GracePeriodSeconds == nil || *options.GracePeriodSeconds >= *current {
		return false, true
	}
	d.shorten(o, *current, *options.GracePeriodSeconds)
	return true, false
}

// shorten moves the end of the grace period from began+current to began+seconds, but not into the past: then one second
// remains, so that whoever stops the object still sees the change before it ends it.
func (d *deletion) shorten(o object.Object, current, seconds int64) {
	at := metav1.NewTime(o.GetDeletionTimestamp().Add(time.Duration(seconds-current) * time.Second))
	if now := metav1.NewTime(d.Now()).Rfc3339Copy(); at.Before(&now) {
		at = now
		if seconds != 0 {
			seconds = 1
		}
	}
	o.SetDeletionTimestamp(&at)
	o.SetDeletionGracePeriodSeconds(&seconds)
}

// markDeleting marks an object that only waits for its finalizers.
func markDeleting(o object.Object, now time.Time) {
	if o.GetDeletionTimestamp() == nil {
		bumpGeneration(o)
	}
	if t := o.GetDeletionTimestamp(); t == nil || t.After(now) {
		at := metav1.NewTime(now).Rfc3339Copy()
		o.SetDeletionTimestamp(&at)
	}
	zero := int64(0)
	o.SetDeletionGracePeriodSeconds(&zero)
}

// bumpGeneration counts a deletion as a change of what is wanted, for objects that count at all.
func bumpGeneration(o object.Object) {
	if o.GetGeneration() > 0 {
		o.SetGeneration(o.GetGeneration() + 1)
	}
}

// finalizers are those of o with the garbage collector's own two set as the options, the object or the resource ask for.
func (d *deletion) finalizers(o object.Object, options *metav1.DeleteOptions) []string {
	var keep []string
	for _, f := range o.GetFinalizers() {
		if f != metav1.FinalizerOrphanDependents && f != metav1.FinalizerDeleteDependents {
			keep = append(keep, f)
		}
	}
	orphan, foreground := d.propagation(o, options)
	if orphan {
		keep = append(keep, metav1.FinalizerOrphanDependents)
	}
	if foreground {
		keep = append(keep, metav1.FinalizerDeleteDependents)
	}
	return keep
}

// propagation decides between orphaning, foreground and (neither) background deletion of dependents: the options come
// first, then a finalizer that is there already, then the resource's own default. Events have no dependents.
func (d *deletion) propagation(o object.Object, options *metav1.DeleteOptions) (orphan, foreground bool) {
	if d.res.Resource == "events" {
		return false, false
	}
	if options.OrphanDependents != nil { //nolint:staticcheck // clients still send it
		return *options.OrphanDependents, false //nolint:staticcheck // as above
	}
	if options.PropagationPolicy != nil {
		return *options.PropagationPolicy == metav1.DeletePropagationOrphan, *options.PropagationPolicy == metav1.DeletePropagationForeground
	}
	for _, f := range o.GetFinalizers() {
		switch f {
		case metav1.FinalizerOrphanDependents:
			return true, false
		case metav1.FinalizerDeleteDependents:
			return false, true
		}
	}
	return d.res.Strategy.OrphanByDefault, false
}

// status is the answer for kinds that do not answer with the object.
func (d *deletion) status() *metav1.Status {
	return &metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusSuccess,
		Details:  &metav1.StatusDetails{Name: d.last.GetName(), Group: d.res.Group, Kind: d.res.Resource, UID: d.last.GetUID()},
	}
}
