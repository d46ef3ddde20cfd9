package write

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
)

// authorized authorizes an effect that needs another verb than the request's. The error is that of a forbidden request.
func (op *operation) authorized(ctx context.Context, verb, name string) error {
	if op.own {
		return nil
	}
	what := authz.Attributes{
		User: op.User, IsResource: true, Verb: verb, Group: op.Resource.Group, Version: op.Resource.Version,
		Resource: op.Resource.Row.Resource, Subresource: op.Resource.Subresource, Namespace: op.Namespace, Name: name,
	}
	if op.Authorizer == nil {
		return authz.Forbidden(what, "")
	}
	decision, reason, err := op.Authorizer.Authorize(ctx, what)
	switch {
	case decision == authz.Allow:
		return nil
	case err != nil:
		return apierrors.NewInternalError(err)
	}
	return authz.Forbidden(what, reason)
}
