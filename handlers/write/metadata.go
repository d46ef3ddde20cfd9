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

// modified is the text of a conflict; clients match it.
const modified = "the object has been modified; please apply your changes to the latest version and try again"

// wipe removes from a new object the metadata that the server sets.
func wipe(o object.Object) {
	o.SetUID("")
	o.SetCreationTimestamp(metav1.Time{})
	o.SetDeletionTimestamp(nil)
	o.SetDeletionGracePeriodSeconds(nil)
	o.SetSelfLink("")
}

// identify sets the metadata of a new object that the server decides: uid, creation and deletion timestamps, a generated name.
func (op *operation) identify(o object.Object) {
	o.SetUID(uuid.NewUUID())
	o.SetCreationTimestamp(metav1.NewTime(op.Now()).Rfc3339Copy())
	if o.GetName() == "" && o.GetGenerateName() != "" {
		o.SetName(generateName(o.GetGenerateName()))
	}
}

// keepIdentity copies from the live object the metadata that no writer can change.
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

// checkVersion compares the writer's resourceVersion with the live one. Without one the update is unconditional, where the row
// allows that. The uid of a put is a precondition; a changed uid in a patch is refused by validation.
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

// otherUID is the conflict of an update whose uid is that of another object of the same name.
func otherUID(gr schema.GroupResource, name string, meant, live types.UID) error {
	return apierrors.NewConflict(gr, name, fmt.Errorf("Precondition failed: UID in precondition: %v, UID in object meta: %v", meant, live))
}

// checkNamespace sets the namespace of the path in an object that has none and refuses another one. Cluster-scoped objects
// lose theirs.
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

// objectKey is the key of the object that a path names; 400 for an impossible name.
func objectKey(res *resource.Resource, namespace, name string) (string, error) {
	if err := resource.CheckName(name); err != nil {
		return "", err
	}
	return res.ObjectKey(namespace, name), nil
}
