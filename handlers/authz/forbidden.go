package authz

import (
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Forbidden is the 403 for a user without the right that a describes, in upstream's sentence. The reason is the authorizer's.
func Forbidden(a Attributes, reason string) error {
	var what string
	gr := schema.GroupResource{Group: a.Group, Resource: a.Resource}
	switch {
	case !a.IsResource:
		what = fmt.Sprintf("User %q cannot %s path %q", a.User.Name, a.Verb, a.Path)
	default:
		res := a.Resource
		if a.Subresource != "" {
			res += "/" + a.Subresource
		}
		what = fmt.Sprintf("User %q cannot %s resource %q in API group %q", a.User.Name, a.Verb, res, a.Group)
		if a.Namespace != "" {
			what += fmt.Sprintf(" in the namespace %q", a.Namespace)
		} else {
			what += " at the cluster scope"
		}
	}
	if reason != "" {
		what += ": " + reason
	}
	return apierrors.NewForbidden(gr, a.Name, fmt.Errorf("%s", what))
}
