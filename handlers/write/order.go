package write

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/validation/path"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// The order of a write, which is upstream's. The caller has decoded the body and filled its defaults.
//
//	create: effect authorized | owners of fields | mutating admission | identity, name | prepare | allocate | validate | validating admission | conclude | store | settle
//	update: (attempt:) change | owners of fields | mutating admission | version | prepare | generation | allocate | validate | validating admission | conclude | swap | settle
//	view:   (attempt:) change | owners of the view's fields | mutating admission of the view | applied to the object | version | ... as an update, but that validating admission sees the view
//	delete: (attempt:) admission | preconditions | before delete | grace, finalizers | release | swap | settle
//	action: mutating admission | validating admission | act | settle
//
// Mutating admission sees a new object without uid, creationTimestamp and generated name, and runs once: collisions of
// generated names are retried below it. All parts of an update run once per attempt, because they depend on the live object.

// mutate runs mutating admission. old is nil for a new object.
func (op *operation) mutate(ctx context.Context, a *resource.Attempt, kind admission.Operation, o, old object.Object) error {
	if op.own {
		return nil
	}
	owners := o.GetManagedFields()
	if err := op.Admission.Admit(ctx, op.attributes(a, kind, o, old)); err != nil {
		return err
	}
	checkTracked(a, o, owners)
	return nil
}

// judge runs validating admission on the final form of an object.
func (op *operation) judge(ctx context.Context, a *resource.Attempt, kind admission.Operation, o, old object.Object) error {
	if op.own {
		return nil
	}
	return op.Admission.Validate(ctx, op.attributes(a, kind, o, old))
}

func (op *operation) attributes(a *resource.Attempt, kind admission.Operation, o, old object.Object) *admission.Attributes {
	attributes := &admission.Attributes{
		Operation: kind, Resource: op.Resource, Namespace: op.Namespace, Name: op.Name,
		Object: o, Old: old, Options: op.optionsFor(kind), User: op.User, DryRun: op.DryRun, Attempt: a,
	}
	if attributes.Name == "" && o != nil {
		attributes.Name = o.GetName()
	}
	return attributes
}

// complete runs the order of a create from identity to validating admission.
func (op *operation) complete(ctx context.Context, a *resource.Attempt, o object.Object) error {
	op.identify(o)
	if err := op.prepareNew(ctx, a, o); err != nil {
		return err
	}
	if allocate := op.main().Strategy.Allocate; allocate != nil {
		if err := allocate(ctx, a, o, nil); err != nil {
			return err
		}
	}
	if err := inTime(ctx); err != nil {
		return err
	}
	if err := op.validateNew(ctx, o); err != nil {
		return err
	}
	warn(ctx, a, op.main().Strategy, o, nil)
	if err := op.judge(ctx, a, admission.Create, o, nil); err != nil {
		return err
	}
	if err := inTime(ctx); err != nil {
		return err
	}
	return op.conclude(ctx, a, op.main().Strategy, o, nil)
}

// conclude lets the server itself say in the status what it makes of an object that everybody has accepted. What it changes
// belongs to it, as if it had written the status afterwards.
func (op *operation) conclude(ctx context.Context, a *resource.Attempt, s *resource.Strategy, o, old object.Object) error {
	op.tell(ctx, a, o)
	if s.Conclude == nil {
		return nil
	}
	before := object.Copy(o)
	if err := s.Conclude(ctx, a, o, old); err != nil {
		return err
	}
	if status := op.main().Subresources["status"]; status != nil && status.FieldManager != nil && !op.bare {
		status.FieldManager.Track(before, o, serverManager, op.Now())
	}
	return nil
}

// tell has the strategy told of the write, once it is stored.
func (op *operation) tell(ctx context.Context, a *resource.Attempt, o object.Object) {
	if stored := op.main().Strategy.Stored; stored != nil {
		a.OnStored(func() { stored(ctx, o) })
	}
}

// inTime ends a write whose request has ended. It is called between the expensive stages and before the store, so that a
// request that was answered with 504 is not carried out.
func inTime(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("the write was not stored: %w", err)
	}
	return nil
}

// renew runs the order of an update from mutating to validating admission. old is the live object, o its next state.
func (op *operation) renew(ctx context.Context, a *resource.Attempt, o, old object.Object, put bool) error {
	if op.Resource.Strategy.Apply == nil { // a view came in as such
		if err := op.takeIn(ctx, a, o, old, put); err != nil {
			return err
		}
	}
	if err := op.checkVersion(o, old, put); err != nil {
		return err
	}
	if err := checkNamespace(op.Resource, op.Namespace, o); err != nil {
		return err
	}
	if err := op.prepareChanged(ctx, a, o, old); err != nil {
		return err
	}
	s := op.Resource.Strategy
	if s.Allocate != nil {
		if err := s.Allocate(ctx, a, o, old); err != nil {
			return err
		}
	}
	if err := inTime(ctx); err != nil {
		return err
	}
	if err := op.validateChanged(ctx, o, old); err != nil {
		return err
	}
	warn(ctx, a, s, o, old)
	if err := op.judgeChanged(ctx, a, o, old); err != nil {
		return err
	}
	if err := inTime(ctx); err != nil {
		return err
	}
	return op.conclude(ctx, a, s, o, old)
}

// takeIn settles the owners of fields of what a writer has sent, and lets mutating admission see it: an object, or a view of one.
func (op *operation) takeIn(ctx context.Context, a *resource.Attempt, o, old object.Object, put bool) error {
	if put {
		uniqueOwners(a, o, "")
	}
	if !op.tracked {
		op.track(o, old)
	}
	if err := op.mutate(ctx, a, admission.Update, o, old); err != nil {
		return err
	}
	uniqueOwners(a, o, afterAdmission)
	return nil
}

// judgeChanged lets admission refuse a changed object in its final form. Of a view that is the view.
func (op *operation) judgeChanged(ctx context.Context, a *resource.Attempt, o, old object.Object) error {
	s := op.Resource.Strategy
	if s.View == nil || op.own {
		return op.judge(ctx, a, admission.Update, o, old)
	}
	shown, err := s.View(o)
	if err != nil {
		return err
	}
	before, err := s.Changeable(old)
	if err != nil {
		return err
	}
	return op.judge(ctx, a, admission.Update, shown, before)
}

// prepareNew sets the initial generation and status and runs the strategy's hook.
func (op *operation) prepareNew(ctx context.Context, a *resource.Attempt, o object.Object) error {
	main := op.main()
	if main.Generation {
		o.SetGeneration(1)
	}
	if main.HasStatus() && !main.CreateStatus {
		main.Codec.ClearStatus(o)
	}
	if main.DropDisabled != nil {
		main.DropDisabled(o, nil)
	}
	if prepare := main.Strategy.PrepareForCreate; prepare != nil {
		return prepare(ctx, a, o)
	}
	return nil
}

// prepareChanged copies from the live object what this write cannot change, and counts the generation.
func (op *operation) prepareChanged(ctx context.Context, a *resource.Attempt, o, old object.Object) error {
	o.SetGeneration(old.GetGeneration())
	o.SetSelfLink("")
	// Some strategies copy the whole metadata of the old object.
	defer o.SetManagedFields(o.GetManagedFields())
	s, status := op.Resource.Strategy, op.Resource.Subresource == "status"
	switch {
	case status:
		op.keepAllButStatus(o, old)
		if s.PrepareStatus != nil {
			if err := s.PrepareStatus(ctx, a, o, old); err != nil {
				return err
			}
		}
	case op.Resource.HasStatus():
		op.Resource.Codec.CopyStatus(o, old)
	}
	if op.Resource.DropDisabled != nil {
		op.Resource.DropDisabled(o, old)
	}
	if s.PrepareForUpdate != nil {
		if err := s.PrepareForUpdate(ctx, a, o, old); err != nil {
			return err
		}
	}
	keepIdentity(o, old)
	main := op.main()
	// The effect of an action (a binding) is not a change of the spec.
	if !main.Generation || status || s.Create != nil {
		return nil
	}
	changed := main.Strategy.Changed
	if changed == nil {
		changed = main.Codec.ContentChanged
	}
	if changed(o, old) {
		o.SetGeneration(old.GetGeneration() + 1)
	}
	return nil
}

// validateNew collects the faults of a new object.
func (op *operation) validateNew(ctx context.Context, o object.Object) error {
	main := op.main()
	s := main.Strategy
	meta := validation.ObjectMeta(o, main.Namespaced, s.ValidateName, field.NewPath("metadata"))
	var errs []field.ErrorList
	if main.Rules != nil {
		errs = append(errs, main.Rules(ruled(s, o, false), nil))
	}
	errs = append(errs, s.Check(ctx, o, nil))
	if s.ValidateCreate != nil {
		errs = append(errs, s.ValidateCreate(ctx, o))
	}
	return invalid(main, o, meta, validation.Merge(errs...))
}

// validateChanged collects the faults of a changed object. A write to a subresource runs the rules of its own strategy only: the
// rest is the live object's, and an old fault there must not prevent a status from being set.
func (op *operation) validateChanged(ctx context.Context, o, old object.Object) error {
	s := op.Resource.Strategy
	meta := validation.ObjectMeta(o, op.main().Namespaced, path.ValidatePathSegmentName, field.NewPath("metadata"))
	meta = append(meta, validation.ObjectMetaUpdate(o, old)...)
	var errs []field.ErrorList
	whole := op.Resource.Parent == nil
	if main := op.main(); main.Rules != nil && (whole || s.FieldRules) {
		errs = append(errs, main.Rules(ruled(main.Strategy, o, true), ruled(main.Strategy, old, true)))
	}
	errs = append(errs, s.Check(ctx, o, old))
	var changes []field.ErrorList
	if s.ValidateUpdate != nil {
		changes = append(changes, s.ValidateUpdate(ctx, o, old))
	}
	if whole && op.Resource.Immutable != nil {
		changes = append(changes, op.Resource.Immutable(o, old))
	}
	faults, changed := validation.Merge(errs...), validation.Join(changes...)
	if s.ChangesFirst {
		faults, changed = changed, faults
	}
	return invalid(op.main(), o, meta, faults, changed)
}

// ruled is the object that the field rules validate in place of o.
func ruled(s *resource.Strategy, o object.Object, update bool) object.Object {
	if s.Ruled == nil {
		return o
	}
	return s.Ruled(o, update)
}

func warn(ctx context.Context, a *resource.Attempt, s *resource.Strategy, o, old object.Object) {
	if s.Warnings != nil {
		a.Warn(s.Warnings(ctx, o, old)...)
	}
}

// invalid is the 422 for faults; nil when there are none.
func invalid(res *resource.Resource, o object.Object, faults ...field.ErrorList) error {
	errs := validation.Join(faults...)
	if len(errs) == 0 {
		return nil
	}
	kind := res.Kind
	if own := o.GetObjectKind().GroupVersionKind().Kind; own != "" {
		kind = own // which may be what is wrong
	}
	return validation.Refuse(object.GroupKind(res.HomeGroup(), kind), o.GetName(), errs)
}
