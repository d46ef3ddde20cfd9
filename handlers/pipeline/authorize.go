package pipeline

import (
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
)

// Authorize asks whether the user may do what the request asks for, and answers 403 with upstream's sentence when not.
// As long as that cannot be known because the server has just started, the client is to come again: a 403 would be taken
// for final.
func Authorize(a authz.Authorizer) Stage {
	return func(next Handler) Handler {
		return func(r *Request) error {
			attributes := attributesOf(r)
			decision, reason, err := a.Authorize(r.Context(), attributes)
			if decision == authz.NoOpinion && errors.Is(err, authz.ErrNotReady) {
				annotateDecision(r, "", err.Error())
				return notReady()
			}
			if err != nil && decision != authz.Allow {
				annotateDecision(r, "", reasonError)
				return apierrors.NewInternalError(err)
			}
			if decision != authz.Allow {
				// The sentence quotes the path, which anybody may have chosen.
				r.Writer.Header().Set("X-Content-Type-Options", "nosniff")
				annotateDecision(r, "forbid", reason)
				return authz.Forbidden(attributes, reason)
			}
			annotateDecision(r, "allow", reason)
			return next(r)
		}
	}
}

func notReady() error { return apierrors.NewTooManyRequests("authorization is (re)initializing", 1) }

// reasonError is what the audit log is told of an authorizer that could not decide.
const reasonError = "internal error"

// annotateDecision tells the audit log, if there is one, what was decided and why.
func annotateDecision(r *Request, decision, reason string) {
	if r.Audit == nil {
		return
	}
	if decision != "" {
		r.annotate("authorization.k8s.io/decision", decision)
	}
	r.annotate("authorization.k8s.io/reason", reason)
}

// attributesOf are the request's attributes for authorization.
func attributesOf(r *Request) authz.Attributes {
	a := authz.Attributes{
		User: r.User, Verb: r.Info.Verb, IsResource: r.Info.IsResource, Path: r.Info.Path,
		Group: r.Info.Group, Version: r.Info.Version, Resource: r.Info.Resource, Subresource: r.Info.Subresource,
		Namespace: r.Info.Namespace, Name: r.Info.Name,
	}
	addSelectors(&a, r)
	return a
}

// addSelectors lets the authorizer know what a collection is limited to. A selector that cannot be read is answered by the
// verb; here it limits nothing.
func addSelectors(a *authz.Attributes, r *Request) {
	if !r.Info.ofCollection() {
		return
	}
	if selector, err := r.FieldSelector(); err != nil {
		a.FieldsErr = err
	} else {
		a.Fields = selector.Requirements()
	}
	if selector, err := r.LabelSelector(); err != nil {
		a.LabelsErr = err
	} else {
		a.Labels, _ = selector.Requirements()
	}
}
