package authorization

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	authorizationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authorization/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// question is the spec of an access review, with its status.
type question struct {
	user   *resource.UserInfo
	what   *authorizationv1.ResourceAttributes
	path   *authorizationv1.NonResourceAttributes
	answer *authorizationv1.SubjectAccessReviewStatus
	// faults are those of this kind of review, which come after the common ones.
	faults []field.ErrorList
}

// review is the strategy of the reviews with one decision; asker is the user of the request.
func review[T object.Object](d *kind.Deps, s *resource.Strategy, ask func(o T, asker *resource.UserInfo) question) {
	s.Create = func(ctx context.Context, a *resource.Attempt, body object.Object) (runtime.Object, error) {
		o, ok := body.(T)
		if !ok {
			return nil, kind.WrongType(body)
		}
		q := ask(o, a.User)
		if err := refusedReview(append([]field.ErrorList{reviewFaults(q.what, q.path)}, q.faults...)...); err != nil {
			return nil, err
		}
		return o, decide(ctx, d, reviewed(q.user, q.what, q.path), q.answer)
	}
}
