package strategy

import (
	"context"
	"errors"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	authorizationv1 "github.com/gatehouse-dev/gatehouse/gen/types/authorization/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	rules "github.com/gatehouse-dev/gatehouse/handlers/validation"
)

const authorizationGroup = "authorization.k8s.io"

// reviews are the questions about who may do what, and who one is. None is kept.
var reviews = map[key]entry{
	{authorizationGroup, "subjectaccessreviews", ""}:      subjectAccessReviews,
	{authorizationGroup, "localsubjectaccessreviews", ""}: localSubjectAccessReviews,
	{authorizationGroup, "selfsubjectaccessreviews", ""}:  selfSubjectAccessReviews,
	{authorizationGroup, "selfsubjectrulesreviews", ""}:   selfSubjectRulesReviews,
	{"authentication.k8s.io", "selfsubjectreviews", ""}:   selfSubjectReviews,
}

// errNoAuthorizer: a server that decides nothing cannot tell what it would decide.
var errNoAuthorizer = errors.New("this server has no authorizer")

// decide fills in the answer of a review.
func decide(d *Deps, ctx context.Context, a authz.Attributes, status *authorizationv1.SubjectAccessReviewStatus) error {
	if d.Authorizer == nil {
		return errNoAuthorizer
	}
	decision, reason, err := d.Authorizer.Authorize(ctx, a)
	*status = authorizationv1.SubjectAccessReviewStatus{
		Allowed: decision == authz.Allow, Denied: decision == authz.Deny, Reason: reason, EvaluationError: evaluationError(err, &a),
	}
	return nil
}

// refusedReview is the answer to a faulty review. The original names no kind in it.
func refusedReview(errs ...field.ErrorList) error {
	if all := slices.Concat(errs...); len(all) > 0 {
		return rules.Refuse(object.GroupKind(authorizationGroup, ""), "", all)
	}
	return nil
}

func subjectOf(s *authorizationv1.SubjectAccessReviewSpec) *resource.UserInfo {
	return &resource.UserInfo{Name: s.User, UID: s.UID, Groups: s.Groups, Extra: s.Extra}
}

func subjectAccessReviews(d *Deps, _ resources.Row, s *resource.Strategy) {
	s.Create = func(ctx context.Context, a *resource.Attempt, body object.Object) (runtime.Object, error) {
		o, ok := body.(*authorizationv1.SubjectAccessReview)
		if !ok {
			return nil, wrongType(body)
		}
		spec := &o.Spec
		if err := refusedReview(reviewFaults(spec.ResourceAttributes, spec.NonResourceAttributes), subjectFaults(spec), selectorFaults(spec.ResourceAttributes), metaFaults(o.ObjectMeta, "")); err != nil {
			return nil, err
		}
		return o, decide(d, ctx, reviewed(subjectOf(spec), spec.ResourceAttributes, spec.NonResourceAttributes), &o.Status)
	}
}

func localSubjectAccessReviews(d *Deps, _ resources.Row, s *resource.Strategy) {
	s.Create = func(ctx context.Context, a *resource.Attempt, body object.Object) (runtime.Object, error) {
		o, ok := body.(*authorizationv1.LocalSubjectAccessReview)
		if !ok {
			return nil, wrongType(body)
		}
		spec := &o.Spec
		if err := refusedReview(reviewFaults(spec.ResourceAttributes, spec.NonResourceAttributes), subjectFaults(spec), selectorFaults(spec.ResourceAttributes), metaFaults(o.ObjectMeta, "namespace"), localFaults(o)); err != nil {
			return nil, err
		}
		return o, decide(d, ctx, reviewed(subjectOf(spec), spec.ResourceAttributes, spec.NonResourceAttributes), &o.Status)
	}
}

func selfSubjectAccessReviews(d *Deps, _ resources.Row, s *resource.Strategy) {
	s.Create = func(ctx context.Context, a *resource.Attempt, body object.Object) (runtime.Object, error) {
		o, ok := body.(*authorizationv1.SelfSubjectAccessReview)
		if !ok {
			return nil, wrongType(body)
		}
		spec := &o.Spec
		if err := refusedReview(reviewFaults(spec.ResourceAttributes, spec.NonResourceAttributes), selectorFaults(spec.ResourceAttributes), metaFaults(o.ObjectMeta, "")); err != nil {
			return nil, err
		}
		return o, decide(d, ctx, reviewed(a.User, spec.ResourceAttributes, spec.NonResourceAttributes), &o.Status)
	}
}

func selfSubjectRulesReviews(d *Deps, _ resources.Row, s *resource.Strategy) {
	s.Create = func(ctx context.Context, a *resource.Attempt, body object.Object) (runtime.Object, error) {
		o, ok := body.(*authorizationv1.SelfSubjectRulesReview)
		if !ok {
			return nil, wrongType(body)
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
