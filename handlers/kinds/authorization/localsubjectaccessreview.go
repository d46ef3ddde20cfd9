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

var localSubjectAccessReviews = kind.Kind{Group: group, Resource: "localsubjectaccessreviews", Strategy: localSubjectAccessReview}

func localSubjectAccessReview(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.Create = func(ctx context.Context, a *resource.Attempt, body object.Object) (runtime.Object, error) {
		o, ok := body.(*authorizationv1.LocalSubjectAccessReview)
		if !ok {
			return nil, kind.WrongType(body)
		}
		spec := &o.Spec
		if err := refusedReview(reviewFaults(spec.ResourceAttributes, spec.NonResourceAttributes), subjectFaults(spec), selectorFaults(spec.ResourceAttributes), metaFaults(o.ObjectMeta, "namespace"), localFaults(o)); err != nil {
			return nil, err
		}
		return o, decide(ctx, d, reviewed(subjectOf(spec), spec.ResourceAttributes, spec.NonResourceAttributes), &o.Status)
	}
}
