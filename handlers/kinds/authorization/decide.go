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

// errNoAuthorizer: a server that decides nothing cannot tell what it would decide.
var errNoAuthorizer = errors.New("this server has no authorizer")

// decide fills in the answer of a review.
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

// refusedReview is the answer to a faulty review. Upstream names no kind in it.
func refusedReview(errs ...field.ErrorList) error {
	if all := slices.Concat(errs...); len(all) > 0 {
		return rules.Refuse(object.GroupKind(group, ""), "", all)
	}
	return nil
}

func subjectOf(s *authorizationv1.SubjectAccessReviewSpec) *resource.UserInfo {
	return &resource.UserInfo{Name: s.User, UID: s.UID, Groups: s.Groups, Extra: s.Extra}
}
