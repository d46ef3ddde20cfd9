package authorization

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	authorizationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authorization/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var localSubjectAccessReviews = kind.Kind{Group: group, Resource: "localsubjectaccessreviews", Strategy: localSubjectAccessReview}

func localSubjectAccessReview(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	review(d, s, func(o *authorizationv1.LocalSubjectAccessReview, _ *resource.UserInfo) question {
		faults := []field.ErrorList{subjectFaults(&o.Spec), selectorFaults(o.Spec.ResourceAttributes), metaFaults(o.ObjectMeta, "namespace"), localFaults(o)}
		return question{subjectOf(&o.Spec), o.Spec.ResourceAttributes, o.Spec.NonResourceAttributes, &o.Status, faults}
	})
}
