package admissionregistration

import (
	"context"
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	admissionregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/admissionregistration/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/expression"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// webhooks is the strategy of both kinds of configurations; of returns the webhooks of one.
func webhooks(of func(object.Object) ([]hook, error)) kind.Strategy {
	return func(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
		s.Warnings = staticName
		p := kind.Compile(row, "webhooks")
		// As with upstream, empty and nil lists differ here.
		s.Changed = func(o, old object.Object) bool {
			a, b := p.Get(o), p.Get(old)
			return !a.IsValid() || !b.IsValid() || !reflect.DeepEqual(a.Interface(), b.Interface())
		}
		s.ValidateCreate = func(ctx context.Context, o object.Object) field.ErrorList { return judgeHooks(ctx, of, o, nil) }
		s.ValidateUpdate = func(ctx context.Context, o, old object.Object) field.ErrorList {
			return append(kind.GeneratedName(ctx, o, old), judgeHooks(ctx, of, o, old)...)
		}
	}
}

// hook is a webhook of either kind. A validating one has no reinvocation policy.
type hook = admissionregistrationv1.MutatingWebhook

// hookOptions are the rules that are tolerated, because the old configuration breaks them.
type hookOptions struct {
	sideEffects, versions, names, selectors, conditions bool
	expressions                                         map[string]bool
}

func judgeHooks(ctx context.Context, of func(object.Object) ([]hook, error), o, old object.Object) field.ErrorList {
	hooks, err := of(o)
	if err != nil {
		return field.ErrorList{field.InternalError(nil, err)}
	}
	var options hookOptions
	if old != nil {
		was, err := of(old)
		if err != nil {
			return field.ErrorList{field.InternalError(nil, err)}
		}
		options = tolerated(hooks, was)
	}
	return validateHooks(ctx, hooks, options)
}

// tolerated are the options for an update of old: a rule applies once all webhooks of a configuration keep it.
func tolerated(hooks, old []hook) (t hookOptions) {
	names := map[string]bool{}
	t.conditions, t.expressions = len(hooks) == len(old), map[string]bool{}
	for i := range old {
		w := &old[i]
		t.sideEffects = t.sideEffects || w.SideEffects == nil || !slices.Contains(noSideEffects, *w.SideEffects)
		t.versions = t.versions || len(w.AdmissionReviewVersions) > 0 && !kind.KnowsReviews(w.AdmissionReviewVersions)
		t.names = t.names || names[w.Name]
		names[w.Name] = true
		t.selectors = t.selectors || len(kind.LabelSelector(w.NamespaceSelector, nil)) > 0 || len(kind.LabelSelector(w.ObjectSelector, nil)) > 0
		t.conditions = t.conditions && reflect.DeepEqual(hooks[i].MatchConditions, w.MatchConditions)
		for _, c := range w.MatchConditions {
			t.expressions[c.Expression] = true
		}
	}
	return t
}

func validateHooks(ctx context.Context, hooks []hook, options hookOptions) (errs field.ErrorList) {
	names := map[string]bool{}
	for i := range hooks {
		w, path := &hooks[i], field.NewPath("webhooks").Index(i)
		errs = append(errs, validateHook(ctx, w, options, path)...)
		errs = append(errs, kind.ReviewVersions(w.AdmissionReviewVersions, !options.versions, "must specify one of "+kind.KnownReviewVersions(), path.Child("admissionReviewVersions"))...)
		if !options.names && w.Name != "" && names[w.Name] {
			errs = append(errs, field.Duplicate(path.Child("name"), w.Name))
		}
		names[w.Name] = true
	}
	return errs
}

var (
	failurePolicies      = []string{"Fail", "Ignore"}
	matchPolicies        = []string{"Equivalent", "Exact"}
	noSideEffects        = []string{"None", "NoneOnDryRun"}
	sideEffects          = []string{"None", "NoneOnDryRun", "Some", "Unknown"}
	reinvocationPolicies = []string{"IfNeeded", "Never"}
)

func validateHook(ctx context.Context, w *hook, options hookOptions, path *field.Path) field.ErrorList {
	errs := utilvalidation.IsFullyQualifiedName(path.Child("name"), w.Name)
	for i := range w.Rules {
		errs = append(errs, operationsRule(named1(&w.Rules[i]), path.Child("rules").Index(i))...)
	}
	errs = append(errs, optional(path.Child("failurePolicy"), w.FailurePolicy, failurePolicies)...)
	errs = append(errs, optional(path.Child("matchPolicy"), w.MatchPolicy, matchPolicies)...)
	effects := noSideEffects
	if options.sideEffects {
		effects = sideEffects
	}
	if w.SideEffects == nil {
		errs = append(errs, field.Required(path.Child("sideEffects"), "must specify one of "+strings.Join(effects, ", ")))
	}
	errs = append(errs, optional(path.Child("sideEffects"), w.SideEffects, effects)...)
	if n := w.TimeoutSeconds; n != nil && (*n < 1 || *n > 30) {
		errs = append(errs, field.Invalid(path.Child("timeoutSeconds"), *n, "the timeout value must be between 1 and 30 seconds"))
	}
	errs = append(errs, hookSelector(w.NamespaceSelector, options, path.Child("namespaceSelector"))...)
	errs = append(errs, hookSelector(w.ObjectSelector, options, path.Child("objectSelector"))...)
	errs = append(errs, optional(path.Child("reinvocationPolicy"), w.ReinvocationPolicy, reinvocationPolicies)...)
	errs = append(errs, hookClient(&w.ClientConfig, path.Child("clientConfig"))...)
	if options.conditions {
		return errs
	}
	return append(errs, matchConditions(ctx, w.MatchConditions, expression.Declared{Authorizer: true}, options.expressions, path.Child("matchConditions"))...)
}

func hookSelector(s *metav1.LabelSelector, options hookOptions, path *field.Path) field.ErrorList {
	return metavalidation.ValidateLabelSelector(s, metavalidation.LabelSelectorValidationOptions{AllowInvalidLabelValueInSelector: options.selectors}, path)
}

// hookClient requires a URL or a service.
func hookClient(c *admissionregistrationv1.WebhookClientConfig, path *field.Path) field.ErrorList {
	switch {
	case (c.URL == nil) == (c.Service == nil):
		return field.ErrorList{field.Required(path, "exactly one of url or service is required")}
	case c.URL != nil:
		return kind.WebhookURL(path.Child("url"), *c.URL)
	}
	var port int32
	if c.Service.Port != nil {
		port = *c.Service.Port
	}
	return kind.WebhookService(path.Child("service"), c.Service.Namespace, c.Service.Name, c.Service.Path, port)
}

// optional requires one of the values, or nil.
func optional(path *field.Path, s *string, values []string) field.ErrorList {
	if s == nil {
		return nil
	}
	return kind.Among(path, *s, values...)
}
