package authentication

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	authenticationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authentication/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var selfSubjectReviews = kind.Kind{Group: group, Resource: "selfsubjectreviews", Strategy: selfSubjectReview}

// selfSubjectReview returns the user of the request, after impersonation.
func selfSubjectReview(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.Create = func(_ context.Context, a *resource.Attempt, body object.Object) (runtime.Object, error) {
		o, ok := body.(*authenticationv1.SelfSubjectReview)
		if !ok {
			return nil, kind.WrongType(body)
		}
		u := *a.User
		answer := &authenticationv1.SelfSubjectReview{TypeMeta: o.TypeMeta}
		answer.CreationTimestamp = metav1.NewTime(d.Now()).Rfc3339Copy()
		answer.Status.UserInfo = authenticationv1.UserInfo{Username: u.Name, UID: u.UID, Groups: u.Groups, Extra: u.Extra}
		return answer, nil
	}
}
