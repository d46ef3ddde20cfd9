package authorization

import (
	"context"
	"errors"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	authorizationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authorization/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	rules "github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// errNoAuthorizer is the error of reviews on a server without an authorizer.
var errNoAuthorizer = errors.New("this server has no authorizer")

// decide sets the status of a review.
func decide(ctx context.Context, d *kind.Deps, a authz.Attributes, status *authorizationv1.SubjectAccessReviewStatus) error {
	if d.Authorizer == nil {
		return errNoAuthorizer
	}
	decision, reason, err := d.Authorizer.Authorize(ctx, a)
	*status = authorizationv1.SubjectAccessReviewStatus{
		Allowed: decision == authz.Allow, Denied: decision == authz.Deny, Reason: reason, EvaluationError: evaluationError(err, &a),
	}
	return nil
}

// refusedReview is the 422 of an invalid review. Like upstream's it has no kind.
func refusedReview(errs ...field.ErrorList) error {
	if all := slices.Concat(errs...); len(all) > 0 {
		return rules.Refuse(object.GroupKind(group, ""), "", all)
	}
	return nil
}

func subjectOf(s *authorizationv1.SubjectAccessReviewSpec) *resource.UserInfo {
	return &resource.UserInfo{Name: s.User, UID: s.UID, Groups: s.Groups, Extra: s.Extra}
}
