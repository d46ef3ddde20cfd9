package authorization

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime"

	authorizationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authorization/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var selfSubjectAccessReviews = kind.Kind{Group: group, Resource: "selfsubjectaccessreviews", Strategy: selfSubjectAccessReview}

func selfSubjectAccessReview(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.Create = func(ctx context.Context, a *resource.Attempt, body object.Object) (runtime.Object, error) {
		o, ok := body.(*authorizationv1.SelfSubjectAccessReview)
		if !ok {
			return nil, kind.WrongType(body)
		}
		spec := &o.Spec
		if err := refusedReview(reviewFaults(spec.ResourceAttributes, spec.NonResourceAttributes), selectorFaults(spec.ResourceAttributes), metaFaults(o.ObjectMeta, "")); err != nil {
			return nil, err
		}
		return o, decide(ctx, d, reviewed(a.User, spec.ResourceAttributes, spec.NonResourceAttributes), &o.Status)
	}
}
