package admission

import (
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Forbidden is the 403 of a plugin for a reason; an error that is one already stays as it is.
func (a *Attributes) Forbidden(reason error) error {
	if apierrors.IsForbidden(reason) {
		return reason
	}
	return apierrors.NewForbidden(a.Resource.GroupResource(), a.shownName(), reason)
}

// NotFound is the 404 of a plugin for the object of the request.
func (a *Attributes) NotFound() error {
	return apierrors.NewNotFound(a.Resource.GroupResource(), a.shownName())
}

// shownName is the name in refusals. A generated name is not made yet.
func (a *Attributes) shownName() string {
	switch {
	case a.Name != "":
		return a.Name
	case a.Object == nil:
	case a.Object.GetName() != "":
		return a.Object.GetName()
	case a.Object.GetGenerateName() != "":
		return a.Object.GetGenerateName()
	}
	return "Unknown"
}
