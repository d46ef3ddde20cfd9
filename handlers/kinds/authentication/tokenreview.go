package authentication

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"

	authenticationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authentication/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var errReviewedAudiences = apierrors.NewInternalError(errors.New("error validating audiences"))

var tokenReviews = kind.Kind{Group: group, Resource: "tokenreviews", Strategy: tokenReview}

// tokenReview authenticates a token.
func tokenReview(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	if d.TokenOwners == nil {
		return
	}
	s.Create = func(ctx context.Context, _ *resource.Attempt, body object.Object) (runtime.Object, error) {
		review, ok := body.(*authenticationv1.TokenReview)
		if !ok {
			return nil, kind.WrongType(body)
		}
		if review.Spec.Token == "" {
			return nil, apierrors.NewBadRequest("token is required for TokenReview in authentication")
		}
		asked := review.Spec.Audiences
		if len(asked) == 0 {
			asked = d.Audiences
		}
		review.Status = authenticationv1.TokenReviewStatus{}
		id, err := d.TokenOwners.Review(ctx, review.Spec.Token, asked)
		if err != nil {
			review.Status.Error = err.Error()
			return review, nil
		}
		if len(asked) > 0 && len(authn.Intersect(asked, id.Audiences)) == 0 {
			return nil, errReviewedAudiences
		}
		review.Status.Authenticated = true
		review.Status.Audiences = id.Audiences
		review.Status.User = authenticationv1.UserInfo{Username: id.User.Name, UID: id.User.UID, Groups: id.User.Groups, Extra: id.User.Extra}
		return review, nil
	}
}
