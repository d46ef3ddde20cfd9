package authorization

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	authorizationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authorization/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var selfSubjectAccessReviews = kind.Kind{Group: group, Resource: "selfsubjectaccessreviews", Strategy: selfSubjectAccessReview}

func selfSubjectAccessReview(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	review(d, s, func(o *authorizationv1.SelfSubjectAccessReview, asker *resource.UserInfo) question {
		faults := []field.ErrorList{selectorFaults(o.Spec.ResourceAttributes), metaFaults(o.ObjectMeta, "")}
		return question{asker, o.Spec.ResourceAttributes, o.Spec.NonResourceAttributes, &o.Status, faults}
	})
}
