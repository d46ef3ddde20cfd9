package validation

import (
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Fast paths for metadata: they accept only what apimachinery accepts. Its functions match a regular expression per label and
// make a path per field, twice for an update, which costs more than the rest of validation.

// goodNew is the fast path of ValidateObjectMetaAccessor.
func goodNew(o object.Object, namespaced bool, validateName func(string, bool) []string) bool {
	namespace := o.GetNamespace()
	if namespaced != (namespace != "") || namespaced && !quickLabel(namespace) {
		return false
	}
	if name := o.GetName(); name == "" || len(validateName(name, false)) > 0 {
		return false
	}
	if prefix := o.GetGenerateName(); prefix != "" && len(validateName(prefix, true)) > 0 {
		return false
	}
	return o.GetGeneration() >= 0 && len(o.GetFinalizers()) == 0 && goodParts(o)
}

// goodChange is the fast path of ValidateObjectMetaAccessorUpdate.
func goodChange(o, old object.Object) bool {
	created, was := o.GetCreationTimestamp(), old.GetCreationTimestamp()
	return o.GetResourceVersion() != "" && o.GetGeneration() >= old.GetGeneration() &&
		o.GetName() == old.GetName() && o.GetNamespace() == old.GetNamespace() && o.GetUID() == old.GetUID() &&
		created.UTC() == was.UTC() && !deleting(o) && !deleting(old) && goodParts(o)
}

func deleting(o object.Object) bool {
	return o.GetDeletionTimestamp() != nil || o.GetDeletionGracePeriodSeconds() != nil
}

// goodParts is what both check.
func goodParts(o object.Object) bool {
	for k, v := range o.GetLabels() {
		if !QuickQualified(k) || !QuickLabelValue(v) {
			return false
		}
	}
	size := 0
	for k, v := range o.GetAnnotations() {
		if !QuickQualified(strings.ToLower(k)) {
			return false
		}
		size += len(k) + len(v)
	}
	return size <= apivalidation.TotalAnnotationSizeLimitB && goodOwners(o.GetOwnerReferences()) && goodManagers(o.GetManagedFields())
}

func goodOwners(owners []metav1.OwnerReference) bool {
	return len(owners) == 0 || len(apivalidation.ValidateOwnerReferences(owners, nil)) == 0
}

func goodManagers(fields []metav1.ManagedFieldsEntry) bool {
	return len(fields) == 0 || len(metavalidation.ValidateManagedFields(fields, nil)) == 0
}
