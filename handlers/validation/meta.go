package validation

import (
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// ObjectMeta validates the metadata of a new or updated object. validateName returns the faults of a name or, when prefix is
// set, of a generateName; nil means the rule of most kinds, a DNS subdomain.
func ObjectMeta(o object.Object, namespaced bool, validateName func(name string, prefix bool) []string, path *field.Path) field.ErrorList {
	if validateName == nil {
		validateName = apivalidation.NameIsDNSSubdomain
	}
	var errs field.ErrorList
	if !goodNew(o, namespaced, validateName) {
		errs = apivalidation.ValidateObjectMetaAccessor(o, namespaced, validateName, path)
	}
	return append(errs, finalizers(o, path.Child("finalizers"))...)
}

// ObjectMetaUpdate validates the change of metadata from old to o. It expects ObjectMeta to have validated o itself.
func ObjectMetaUpdate(o, old object.Object) field.ErrorList {
	if goodChange(o, old) {
		return nil
	}
	now, was := identityOf(o), identityOf(old)
	return apivalidation.ValidateObjectMetaAccessorUpdate(&now, &was, field.NewPath("metadata"))
}

// identityOf is the part of the metadata that ObjectMetaUpdate compares.
func identityOf(o object.Object) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: o.GetName(), Namespace: o.GetNamespace(), UID: o.GetUID(), ResourceVersion: o.GetResourceVersion(), Generation: o.GetGeneration(),
		CreationTimestamp: o.GetCreationTimestamp(), DeletionTimestamp: o.GetDeletionTimestamp(),
		DeletionGracePeriodSeconds: o.GetDeletionGracePeriodSeconds(), Finalizers: o.GetFinalizers(),
	}
}

// plainGroups accept finalizers without a domain, as custom resources do.
var plainGroups = map[string]bool{
	"admissionregistration.k8s.io": true, "apiextensions.k8s.io": true, "apiregistration.k8s.io": true, "coordination.k8s.io": true,
	"node.k8s.io": true, "policy": true,
}

// finalizers of built-in kinds have a domain, except three standard ones.
func finalizers(o object.Object, path *field.Path) (errs field.ErrorList) {
	gvk := o.GetObjectKind().GroupVersionKind()
	_, custom := o.(runtime.Unstructured)
	if custom || plainGroups[gvk.Group] || gvk.Group == "" && gvk.Kind == "Event" {
		return nil
	}
	for i, name := range o.GetFinalizers() {
		switch {
		case strings.Contains(name, "/"):
		case name == "kubernetes" || name == metav1.FinalizerOrphanDependents || name == metav1.FinalizerDeleteDependents:
		default:
			errs = append(errs, field.Invalid(path.Index(i), name, "name is neither a standard finalizer name nor is it fully qualified"))
		}
	}
	return errs
}
