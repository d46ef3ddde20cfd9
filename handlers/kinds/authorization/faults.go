package authorization

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	authorizationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authorization/v1"
)

// shownPath is a path in upstream's error texts.
type shownPath struct{ Path, Verb string }

// reviewFaults requires exactly one of resource and non-resource attributes.
func reviewFaults(res *authorizationv1.ResourceAttributes, path *authorizationv1.NonResourceAttributes) (errs field.ErrorList) {
	spec := field.NewPath("spec")
	switch {
	case res != nil && path != nil:
		errs = append(errs, field.Invalid(spec.Child("nonResourceAttributes"), shownPath(*path), "cannot be specified in combination with resourceAttributes"))
	case res == nil && path == nil:
		errs = append(errs, field.Invalid(spec.Child("resourceAttributes"), path, "exactly one of nonResourceAttributes or resourceAttributes must be specified"))
	}
	return errs
}

// subjectFaults validates the subject of a review.
func subjectFaults(s *authorizationv1.SubjectAccessReviewSpec) field.ErrorList {
	if s.User != "" || len(s.Groups) > 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("spec", "user"), s.User, "at least one of user or group must be specified")}
}

func selectorFaults(res *authorizationv1.ResourceAttributes) (errs field.ErrorList) {
	if res == nil {
		return nil
	}
	spec := field.NewPath("spec.resourceAttributes")
	both := func(path *field.Path, raw string, requirements int) {
		switch {
		case raw != "" && requirements > 0:
			errs = append(errs, field.Invalid(path.Child("rawSelector"), raw, "may not specified at the same time as requirements"))
		case raw == "" && requirements == 0:
			errs = append(errs, field.Required(path.Child("requirements"), fmt.Sprintf("when %s is specified, requirements or rawSelector is required", path)))
		}
	}
	// Unknown operators, of newer clients, are accepted and ignored.
	if s := res.FieldSelector; s != nil {
		path := spec.Child("fieldSelector")
		both(path, s.RawSelector, len(s.Requirements))
		for i, r := range s.Requirements {
			errs = append(errs, metavalidation.ValidateFieldSelectorRequirement(r, metavalidation.FieldSelectorValidationOptions{AllowUnknownOperatorInRequirement: true}, path.Child("requirements").Index(i))...)
		}
	}
	if s := res.LabelSelector; s != nil {
		path := spec.Child("labelSelector")
		both(path, s.RawSelector, len(s.Requirements))
		for i, r := range s.Requirements {
			errs = append(errs, metavalidation.ValidateLabelSelectorRequirement(r, metavalidation.LabelSelectorValidationOptions{AllowUnknownOperatorInRequirement: true}, path.Child("requirements").Index(i))...)
		}
	}
	return errs
}

// metaFaults forbids metadata, because reviews are not stored.
func metaFaults(m metav1.ObjectMeta, but string) field.ErrorList {
	bare := m
	bare.ManagedFields = nil
	text := "must be empty"
	if but == "namespace" {
		bare.Namespace = ""
		text += " except for namespace"
	}
	if equality.Semantic.DeepEqual(metav1.ObjectMeta{}, bare) {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("metadata"), m, text)}
}

// localFaults requires a local review to be about the namespace of the request.
func localFaults(o *authorizationv1.LocalSubjectAccessReview) (errs field.ErrorList) {
	if r := o.Spec.ResourceAttributes; r != nil && r.Namespace != o.Namespace {
		errs = append(errs, field.Invalid(field.NewPath("spec.resourceAttributes.namespace"), r.Namespace, "must match metadata.namespace"))
	}
	if p := o.Spec.NonResourceAttributes; p != nil {
		errs = append(errs, field.Invalid(field.NewPath("spec.nonResourceAttributes"), shownPath(*p), "disallowed on this kind of request"))
	}
	return errs
}
