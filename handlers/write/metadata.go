package write

import (
	"fmt"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// modified is the text of a lost race; clients look for it.
const modified = "the object has been modified; please apply your changes to the latest version and try again"

// wipe takes from a new object what the server decides.
func wipe(o object.Object) {
	o.SetUID("")
	o.SetCreationTimestamp(metav1.Time{})
	o.SetDeletionTimestamp(nil)
	o.SetDeletionGracePeriodSeconds(nil)
	o.SetSelfLink("")
}

// identify gives a new object what the server decides: identity, time of creation, no deletion, a generated name.
func (op *operation) identify(o object.Object) {
	o.SetUID(uuid.NewUUID())
	o.SetCreationTimestamp(metav1.NewTime(op.Now()).Rfc3339Copy())
	if o.GetName() == "" && o.GetGenerateName() != "" {
		o.SetName(generateName(o.GetGenerateName()))
	}
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

// checkVersion compares the resourceVersion that the writer has seen with the live one. Without one the writer overwrites what
// is there, where the row allows that. A patch may change the uid into one that validation refuses; a put names the object that
// it means.
func (op *operation) checkVersion(o, old object.Object, put bool) error {
	gr := op.Resource.GroupResource()
	if uid := o.GetUID(); put && uid != "" && uid != old.GetUID() {
		return otherUID(gr, old.GetName(), uid, old.GetUID())
	}
	version := o.GetResourceVersion()
	if version == "" || version == "0" {
		if op.main().ConditionalUpdate && !op.own {
			return apierrors.NewInvalid(object.GroupKind(gr.Group, gr.Resource), old.GetName(), field.ErrorList{
				field.Invalid(field.NewPath("metadata", "resourceVersion"), 0, "must be specified for an update"),
			})
		}
		o.SetResourceVersion(old.GetResourceVersion())
		return nil
	}
	if n, err := strconv.ParseUint(version, 10, 64); err != nil {
		return resource.ClientFault{Err: err}
	} else if strconv.FormatUint(n, 10) != old.GetResourceVersion() {
		return apierrors.NewConflict(gr, old.GetName(), fmt.Errorf("%s", modified))
	}
	return nil
}

// CheckNamespace puts the namespace of the request into an object that has none and refuses another one with 400.
func (r *Request) CheckNamespace(o object.Object) error {
	return checkNamespace(r.Resource, r.Namespace, o)
}

// otherUID is the conflict of an update that means another object of the same name.
func otherUID(gr schema.GroupResource, name string, meant, live types.UID) error {
	return apierrors.NewConflict(gr, name, fmt.Errorf("Precondition failed: UID in precondition: %v, UID in object meta: %v", meant, live))
}

// checkNamespace puts the namespace of the path into an object that has none and refuses another one. What belongs to no
// namespace loses any.
func checkNamespace(res *resource.Resource, namespace string, o object.Object) error {
	switch {
	case !res.Namespaced:
		o.SetNamespace("")
	case o.GetNamespace() == "":
		o.SetNamespace(namespace)
	case o.GetNamespace() != namespace:
		return apierrors.NewBadRequest("the namespace of the provided object does not match the namespace sent on the request")
	}
	return nil
}

// objectKey is where the object lies that a path names; 400 for a name that none can have.
func objectKey(res *resource.Resource, namespace, name string) (string, error) {
	if err := resource.CheckName(name); err != nil {
		return "", err
	}
	return res.ObjectKey(namespace, name), nil
}
