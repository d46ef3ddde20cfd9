package verb

import (
	"context"
	"fmt"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validation/path"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// modified is how a lost race is worded; clients look for it.
const modified = "the object has been modified; please apply your changes to the latest version and try again"

// write is one request that changes an object. Its methods are the object half of the request's path: they run once for
// a create and once per attempt of an update, in the order default, mutate, validate, admit, allocate.
type write struct {
	*Handlers
	r      *pipeline.Request
	res    *resource.Resource
	dryRun bool
	// attempt is the one under way.
	attempt *resource.Attempt
}

// begin settles the form of the answer and reads the body.
func (h *Handlers) begin(r *pipeline.Request, dryRun []string) (*write, []byte, *answer, error) {
	answer, err := negotiate(r)
	if err != nil {
		return nil, nil, nil, err
	}
	body, err := readBody(r)
	return &write{Handlers: h, r: r, res: r.Resource, dryRun: len(dryRun) > 0}, body, answer, err
}

// receive is begin for a body that is an object of the path's kind.
func (h *Handlers) receive(r *pipeline.Request, dryRun []string, strictness string) (*write, object.Object, *answer, error) {
	w, body, answer, err := h.begin(r, dryRun)
	if err != nil {
		return nil, nil, nil, err
	}
	o, err := w.decode(body, strictness)
	if err != nil {
		return nil, nil, nil, err
	}
	return w, o, answer, checkNamespace(r, o)
}

// main is the resource whose object is stored: the parent of a subresource.
func (w *write) main() *resource.Resource {
	if w.res.Parent != nil {
		return w.res.Parent
	}
	return w.res
}

// beginCreate gives a new object what the server decides: identity, time of creation, no deletion.
func (w *write) beginCreate(o object.Object) {
	now := metav1.NewTime(w.Now()).Rfc3339Copy()
	o.SetUID(uuid.NewUUID())
	o.SetCreationTimestamp(now)
	o.SetDeletionTimestamp(nil)
	o.SetDeletionGracePeriodSeconds(nil)
	o.SetSelfLink("")
	o.SetManagedFields(nil)
	if o.GetName() == "" && o.GetGenerateName() != "" {
		o.SetName(generateName(o.GetGenerateName()))
	}
}

// create runs the object half for a new object.
func (w *write) create(ctx context.Context, o object.Object) error {
	main := w.main()
	if o.GetName() == "" && main.Strategy.NewName != nil {
		o.SetName(main.Strategy.NewName(o))
	}
	w.uniqueOwners(o, false)
	a := w.attributes(w.r, admission.Create, o, nil, w.dryRun)
	if err := w.Admission.Admit(ctx, a); err != nil {
		return err
	}
	w.uniqueOwners(o, true)
	if main.Generation {
		o.SetGeneration(1)
	}
	if main.HasStatus() && !main.CreateStatus {
		clearStatus(o)
	}
	s := main.Strategy
	if s.PrepareForCreate != nil {
		if err := s.PrepareForCreate(ctx, w.attempt, o); err != nil {
			return err
		}
	}
	errs := []field.ErrorList{validation.ObjectMeta(o, main.Namespaced, s.ValidateName, field.NewPath("metadata"))}
	if main.Rules != nil {
		errs = append(errs, main.Rules(ruled(s, o, false), nil))
	}
	if s.Validate != nil {
		errs = append(errs, s.Validate(ctx, o))
	}
	if s.ValidateCreate != nil {
		errs = append(errs, s.ValidateCreate(ctx, o))
	}
	if err := invalid(main, o, errs); err != nil {
		return err
	}
	w.warn(ctx, s, o, nil)
	if err := w.Admission.Validate(ctx, a); err != nil {
		return err
	}
	if s.Allocate != nil {
		if err := s.Allocate(ctx, w.attempt, o, nil); err != nil {
			return err
		}
	}
	return nil
}

// update runs the object half for a changed object; old is the live one, o what the writer wants it to be.
func (w *write) update(ctx context.Context, o, old object.Object) error {
	w.uniqueOwners(o, false)
	a := w.attributes(w.r, admission.Update, o, old, w.dryRun)
	if err := w.Admission.Admit(ctx, a); err != nil {
		return err
	}
	w.uniqueOwners(o, true)
	if err := w.checkVersion(o, old); err != nil {
		return err
	}
	if err := checkNamespace(w.r, o); err != nil {
		return err
	}
	o.SetGeneration(old.GetGeneration())
	o.SetManagedFields(old.GetManagedFields())
	o.SetSelfLink("")
	s, status := w.res.Strategy, w.res.Subresource == "status"
	switch {
	case status:
		keepAllButStatus(w.res, o, old)
		if s.PrepareStatus != nil {
			if err := s.PrepareStatus(ctx, w.attempt, o, old); err != nil {
				return err
			}
		}
	case w.res.HasStatus():
		copyStatus(o, old)
	}
	if s.PrepareForUpdate != nil {
		if err := s.PrepareForUpdate(ctx, w.attempt, o, old); err != nil {
			return err
		}
	}
	keepIdentity(o, old)
	if main := w.main(); main.Generation && !status {
		changed := main.Strategy.Changed
		if changed == nil {
			changed = resource.ContentChanged
		}
		if changed(o, old) {
			o.SetGeneration(old.GetGeneration() + 1)
		}
	}
	if err := w.validateUpdate(ctx, o, old); err != nil {
		return err
	}
	w.warn(ctx, s, o, old)
	if err := w.Admission.Validate(ctx, a); err != nil {
		return err
	}
	if s.Allocate != nil {
		if err := s.Allocate(ctx, w.attempt, o, old); err != nil {
			return err
		}
	}
	return nil
}

// validateUpdate collects all faults of a changed object. A subresource's write is held only to the rules of its own
// strategy: the rest of the object came from the live one, and an old fault there must not keep a status from being set.
func (w *write) validateUpdate(ctx context.Context, o, old object.Object) error {
	s := w.res.Strategy
	errs := []field.ErrorList{
		validation.ObjectMeta(o, w.main().Namespaced, path.ValidatePathSegmentName, field.NewPath("metadata")),
		validation.ObjectMetaUpdate(o, old),
	}
	if w.res.Parent == nil && w.res.Rules != nil {
		errs = append(errs, w.res.Rules(ruled(s, o, true), ruled(s, old, true)))
	}
	if s.Validate != nil {
		errs = append(errs, s.Validate(ctx, o))
	}
	var changes []field.ErrorList
	if s.ValidateUpdate != nil {
		changes = append(changes, s.ValidateUpdate(ctx, o, old))
	}
	if w.res.Parent == nil && w.res.Immutable != nil {
		changes = append(changes, w.res.Immutable(o, old))
	}
	if s.ChangesFirst {
		errs, changes = append(errs[:2:2], changes...), errs[2:]
	}
	return invalid(w.main(), o, errs, changes...)
}

// ruled is what the field rules look at for an object.
func ruled(s *resource.Strategy, o object.Object, update bool) object.Object {
	if s.Ruled == nil {
		return o
	}
	return s.Ruled(o, update)
}

// checkVersion compares the resourceVersion that the writer knows with the live one. Without one the writer overwrites
// whatever is there, where the row allows that.
func (w *write) checkVersion(o, old object.Object) error {
	gr := w.res.GroupResource()
	if uid := o.GetUID(); uid != "" && uid != old.GetUID() && w.r.Info.Verb == "update" {
		return apierrors.NewConflict(gr, old.GetName(), fmt.Errorf("Precondition failed: UID in precondition: %v, UID in object meta: %v", uid, old.GetUID()))
	}
	version := o.GetResourceVersion()
	if version == "" || version == "0" {
		if w.main().ConditionalUpdate {
			return apierrors.NewInvalid(object.GroupKind(gr.Group, gr.Resource), old.GetName(), field.ErrorList{
				field.Invalid(field.NewPath("metadata", "resourceVersion"), 0, "must be specified for an update"),
			})
		}
		o.SetResourceVersion(old.GetResourceVersion())
		return nil
	}
	if n, err := strconv.ParseUint(version, 10, 64); err != nil {
		return pipeline.ClientFault{Err: err}
	} else if strconv.FormatUint(n, 10) != old.GetResourceVersion() {
		return apierrors.NewConflict(gr, old.GetName(), fmt.Errorf("%s", modified))
	}
	return nil
}

// keepIdentity takes from the live object what no writer can change.
func keepIdentity(o, old object.Object) {
	if o.GetUID() == "" {
		o.SetUID(old.GetUID())
	}
	if created := old.GetCreationTimestamp(); !created.IsZero() {
		o.SetCreationTimestamp(created)
	}
	if old.GetDeletionTimestamp() != nil {
		o.SetDeletionTimestamp(old.GetDeletionTimestamp())
	}
	if old.GetDeletionGracePeriodSeconds() != nil && o.GetDeletionGracePeriodSeconds() == nil {
		o.SetDeletionGracePeriodSeconds(old.GetDeletionGracePeriodSeconds())
	}
}

// finished says whether an object under deletion has nothing left to wait for, so that this write removes it.
func (w *write) finished(o, old object.Object) bool {
	if old.GetDeletionTimestamp() == nil || len(o.GetFinalizers()) > 0 {
		return false
	}
	if grace := old.GetDeletionGracePeriodSeconds(); grace != nil && *grace > 0 {
		return false
	}
	retain := w.main().Strategy.Retain
	return retain == nil || !retain(o)
}

func (w *write) warn(ctx context.Context, s *resource.Strategy, o, old object.Object) {
	if s.Warnings != nil {
		w.r.Writer.Warn(s.Warnings(ctx, o, old)...)
	}
}

// invalid is the 422 for the faults, and for the changes that are none of them but not allowed; nil when there are none.
func invalid(res *resource.Resource, o object.Object, faults []field.ErrorList, changes ...field.ErrorList) error {
	errs := validation.Merge(faults...)
	if len(changes) > 0 {
		errs = validation.Join(errs, validation.Merge(changes...))
	}
	if len(errs) == 0 {
		return nil
	}
	return validation.Refuse(res.GVK().GroupKind(), o.GetName(), errs)
}

// apply runs change on the stored value under key: through the store, or, for a dry run, on a copy of what is there.
func (w *write) apply(ctx context.Context, key string, change storage.UpdateFunc) (storage.KeyValue, error) {
	if !w.dryRun {
		return storage.Update(ctx, w.Store, key, w.main().Lifetime(), change)
	}
	kv, _, err := w.Store.Get(ctx, key)
	if err != nil {
		return kv, err
	}
	next, err := change(kv)
	if err != nil {
		return kv, err
	}
	if next != nil {
		kv.Value = next
	}
	return kv, nil
}

// context is the request's.
func (w *write) context() context.Context { return w.r.Context() }

// begin starts an attempt; finish ends it.
func (w *write) try() {
	w.attempt = &resource.Attempt{Namespace: w.r.Info.Namespace, Name: w.r.Info.Name, User: w.r.User, DryRun: w.dryRun}
}

func (w *write) finish(stored bool) {
	if w.attempt == nil {
		return
	}
	recorder := &resource.Recorder{Warn: w.r.Writer.Warn}
	if w.r.Audit != nil {
		recorder.Annotate = w.r.Audit.Annotate
	}
	w.attempt.Tell(recorder)
	w.attempt.Settle(stored && !w.dryRun)
	w.attempt = nil
}

// encode is the stored form of an object; what the server or the path decides is not part of it.
func (w *write) encode(o object.Object) ([]byte, error) {
	version := o.GetResourceVersion()
	o.SetResourceVersion("")
	b, err := w.main().Codec.Encode(o)
	o.SetResourceVersion(version)
	return b, err
}

// uidConflict is the answer to a precondition that names another object of the same name.
func uidConflict(o object.Object, kind schema.GroupKind, want types.UID) error {
	return apierrors.NewConflict(object.GroupResource(kind.Group, kind.Kind), o.GetName(), fmt.Errorf("the UID in the precondition (%s) does not match the UID in record (%s). The object might have been deleted and then recreated", want, o.GetUID()))
}
