package resource

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Strategy is what the resource model cannot say of a resource. Every hook may be nil: then nothing happens beyond what
// the row and the schema say. Hooks may change only the object named o, must be safe for concurrent use, and run once per
// attempt of a write, so they must be repeatable.
//
// The verbs do by themselves, before the hooks: object metadata (name, namespace, uid, creationTimestamp, generateName,
// deletion fields), the separation of status and spec (for resources with a /status row only), field rules and metadata
// validation; and after PrepareForUpdate the generation.
//
// A write to a subresource runs the hooks of the subresource's own strategy and none of its parent's, except that Changed,
// Retain and Fields are always the parent's. A scale has its parent's hooks of updates. Subresources other than status whose body is the parent's kind (finalize,
// approval, resize, ephemeralcontainers) separate what may be written in their PrepareForUpdate.
type Strategy struct {
	// Default fills what generated defaults cannot: values that depend on other fields. It also runs on stored objects
	// that another version of the server wrote, so it must leave defaulted objects as they are.
	Default func(o object.Object)
	// PrepareForCreate brings a new object into its first state.
	PrepareForCreate func(ctx context.Context, a *Attempt, o object.Object) error
	// PrepareForUpdate carries over from old what a writer may not change silently.
	PrepareForUpdate func(ctx context.Context, a *Attempt, o, old object.Object) error
	// Allocate takes what the object needs outside itself (addresses, ports), after it was prepared and before it is
	// validated, so that validation and admission see the whole object; old is nil for a create. What it took or frees it
	// registers with the attempt. A dry run takes nothing and fills in what could have been taken.
	Allocate func(ctx context.Context, a *Attempt, o, old object.Object) error
	// Release registers with the attempt (OnStored) what is to be given back once the object is gone. It runs in each attempt
	// that would remove the object from the store, also when an update removes the last finalizer.
	Release func(ctx context.Context, a *Attempt, o object.Object)
	// Changed says whether the generation goes up, for rows with Generation; nil means ContentChanged.
	Changed func(o, old object.Object) bool
	// Retain keeps an object that is being deleted in the store although its metadata has no finalizers left.
	Retain func(o object.Object) bool
	// Ruled is what the field rules look at instead of an object, of which it changes nothing: when pods are made with more
	// than their template says, or an update leaves faults to be.
	Ruled func(o object.Object, update bool) object.Object
	// FieldRules holds the writes of a subresource to the field rules of the whole object. Most write a part that has rules of
	// its own, and an old fault elsewhere must not stand in their way.
	FieldRules bool
	// Validate finds the faults of a new object (and of an updated one) that span fields.
	Validate func(ctx context.Context, o object.Object) field.ErrorList
	// ValidateWith is Validate for rules that tolerate what the old object has already, because its gate was on or the rule did
	// not exist when it was written; old is nil for a create. A kind has one of the two.
	ValidateWith func(ctx context.Context, o, old object.Object) field.ErrorList
	// ValidateCreate finds what only a new object may not have. Validate has run before.
	ValidateCreate func(ctx context.Context, o object.Object) field.ErrorList
	// ValidateUpdate finds what may not change from old to o. Validate has run before.
	ValidateUpdate func(ctx context.Context, o, old object.Object) field.ErrorList
	// ChangesFirst tells of ValidateUpdate's faults, and of immutable fields, before all others.
	ChangesFirst bool
	// Conclude sets what the server itself says in the status of an object that was accepted, in the write that stores it; old is
	// nil for a create. It runs after validating admission, for writes to the resource and to its status, and what it changes
	// belongs to the server, as if that had written the status.
	Conclude func(ctx context.Context, a *Attempt, o, old object.Object) error
	// Stored is told that an object was written, or is gone, before the writer is answered. It is the resource's, for the
	// writes to its subresources too.
	Stored func(ctx context.Context, o object.Object)
	// Warnings are sentences for the writer about an object that is accepted; old is nil for a create.
	Warnings func(ctx context.Context, o, old object.Object) []string
	// ValidateName returns what is wrong with a name; nil means a DNS subdomain. prefix: the name is a generateName.
	ValidateName func(name string, prefix bool) []string
	// Fields are the values of the row's selectable fields.
	Fields func(o object.Object) fields.Set
	// PrepareStatus runs for a write to the status subresource after spec and metadata were taken from old as the row
	// says; for what is particular to the kind.
	PrepareStatus func(ctx context.Context, a *Attempt, o, old object.Object) error
	// GracePeriod decides on graceful deletion: how many seconds the object stays with a deletionTimestamp. Nil or a
	// result of 0 deletes at once.
	GracePeriod func(ctx context.Context, o object.Object, options *metav1.DeleteOptions) int64
	// BeforeDelete may refuse a deletion or, by returning a changed object, turn it into an update (a namespace that
	// starts terminating). It is called with the live object once per attempt.
	BeforeDelete func(ctx context.Context, o object.Object, options *metav1.DeleteOptions) (changed object.Object, err error)
	// NewName makes the name of a create without name and generateName is refused unless this is set.
	NewName func(o object.Object) string
	// Create replaces storing for resources and subresources that are actions (bindings, evictions, reviews): it gets the
	// decoded body and returns the answer.
	Create func(ctx context.Context, a *Attempt, body object.Object) (result runtime.Object, err error)
	// Connector answers for a subresource that is a connection and no object.
	Connector Connector
	// Virtual are the objects of a resource that nothing stores: they are made when they are read.
	Virtual func(ctx context.Context) ([]object.Object, error)
	// View and Apply replace a subresource's body (scale): View makes it from the parent object, Apply checks it and writes
	// it into the parent object, which is then updated with the parent's own hooks. When nil, the body is the parent's kind.
	View  func(parent object.Object) (object.Object, error)
	Apply func(ctx context.Context, body, parent object.Object) error
	// ViewToChange is View for writes, where an object may not have yet what the view shows; nil for View.
	ViewToChange func(parent object.Object) (object.Object, error)
}

// Changeable is the view of an object that a write begins with.
func (s *Strategy) Changeable(parent object.Object) (object.Object, error) {
	if s.ViewToChange != nil {
		return s.ViewToChange(parent)
	}
	return s.View(parent)
}

// UserInfo is the user of a request.
type UserInfo struct {
	Name, UID string
	Groups    []string
	Extra     map[string][]string
}

// Check runs Validate or ValidateWith, whichever the kind has; old is nil for a create.
func (s *Strategy) Check(ctx context.Context, o, old object.Object) field.ErrorList {
	switch {
	case s.Validate != nil:
		return s.Validate(ctx, o)
	case s.ValidateWith != nil:
		return s.ValidateWith(ctx, o, old)
	}
	return nil
}
