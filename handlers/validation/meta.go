package validation

import (
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// ObjectMeta checks the metadata of a new or updated object. validateName says what is wrong with a name or, when prefix is
// set, a generateName; nil stands for the rule of most kinds, a DNS subdomain.
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

// ObjectMetaUpdate checks what may not change in metadata from old to o, and the metadata of o but for its name, which is
// old's.
func ObjectMetaUpdate(o, old object.Object) field.ErrorList {
	path := field.NewPath("metadata")
	var errs field.ErrorList
	if !goodChange(o, old) {
		errs = apivalidation.ValidateObjectMetaAccessorUpdate(o, old, path)
	}
	return append(errs, finalizers(o, path.Child("finalizers"))...)
}

// plainGroups accept finalizers without a domain, as custom resources do.
var plainGroups = map[string]bool{
	"admissionregistration.k8s.io": true, "apiextensions.k8s.io": true, "apiregistration.k8s.io": true, "coordination.k8s.io": true,
	"node.k8s.io": true, "policy": true,
}

// finalizers of built-in kinds are the three that the server knows or have a domain.
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
