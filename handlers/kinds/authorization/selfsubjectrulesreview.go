package authorization

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"

	authorizationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authorization/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var selfSubjectRulesReviews = kind.Kind{Group: group, Resource: "selfsubjectrulesreviews", Strategy: selfSubjectRulesReview}

func selfSubjectRulesReview(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.Create = func(ctx context.Context, a *resource.Attempt, body object.Object) (runtime.Object, error) {
		o, ok := body.(*authorizationv1.SelfSubjectRulesReview)
		if !ok {
			return nil, kind.WrongType(body)
		}
		if o.Spec.Namespace == "" {
			return nil, apierrors.NewBadRequest("no namespace on request")
		}
		resolver, ok := d.Authorizer.(authz.RuleResolver)
		if !ok {
			return nil, errNoAuthorizer
		}
		set, err := resolver.Rules(ctx, a.User, o.Spec.Namespace)
		answer := &authorizationv1.SelfSubjectRulesReview{TypeMeta: o.TypeMeta}
		status := &answer.Status
		status.Incomplete, status.ResourceRules, status.NonResourceRules = set.Incomplete, []authorizationv1.ResourceRule{}, []authorizationv1.NonResourceRule{}
		for _, r := range set.Resource {
			status.ResourceRules = append(status.ResourceRules, authorizationv1.ResourceRule(r))
		}
		for _, r := range set.NonResource {
			status.NonResourceRules = append(status.NonResourceRules, authorizationv1.NonResourceRule{Verbs: r.Verbs, NonResourceURLs: r.Paths})
		}
		if err != nil {
			status.EvaluationError = err.Error()
		}
		return answer, nil
	}
}
