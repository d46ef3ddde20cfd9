// Package podsecurity is the admission plugin PodSecurity: pods keep to the Pod Security Standard that labels of their namespace
// choose, in one of its versions. The checks themselves are upstream's library; who is asked for what, and what is said about it,
// is here.
package podsecurity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Recorder counts what the plugin decides, with the values of the labels of upstream's metrics.
type Recorder interface {
	Evaluated(decision, level, version, mode, operation, resource, subresource string)
	Exempted(operation, resource, subresource string)
	Failed(fatal bool, operation, resource, subresource string)
}

// Deps are what the plugin reads and tells.
type Deps struct {
	// Cached finds namespaces, Live those that it does not know yet.
	Cached, Live lookup.Reader
	// Pods walks the pods of a namespace.
	Pods func(ctx context.Context, namespace string, yield func(object.Object) bool) error
	// Recorder may be nil.
	Recorder Recorder
	Now      func() time.Time
}

// Plugin is the admission plugin. Make one with New.
type Plugin struct {
	admission.On
	Deps
	config   Configuration
	defaults api.Policy
	// evaluator has the checks of all versions, which are laid out when a pod is judged first.
	evaluator func() (policy.Evaluator, error)
}

// current is the version that the server has: what is newer counts as the future in metrics.
var current = api.MajorMinorVersion(1, 36)

var namespaces = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}

// New makes a plugin from its part of the configuration file, which may be empty.
func New(content []byte, d Deps) (*Plugin, error) {
	config, err := ReadConfiguration(content)
	if err != nil {
		return nil, err
	}
	defaults, err := config.Defaults.policy()
	if err != nil {
		return nil, err
	}
	if d.Recorder == nil {
		d.Recorder = silent{}
	}
	return &Plugin{On: admission.On{admission.Create, admission.Update}, Deps: d, config: *config, defaults: defaults, evaluator: sync.OnceValues(checks)}, nil
}

func checks() (policy.Evaluator, error) { return policy.NewEvaluator(policy.DefaultChecks(), nil) }

type silent struct{}

func (silent) Evaluated(_, _, _, _, _, _, _ string) {}
func (silent) Exempted(_, _, _ string)              {}
func (silent) Failed(bool, string, string, string)  {}

// ignored are the subresources of pods that do not change what a pod may do. Unknown ones are judged.
var ignored = []string{"exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status"}

// Validate implements admission.Validator.
func (p *Plugin) Validate(ctx context.Context, a *admission.Attributes) error {
	switch a.Resource.GroupResource() {
	case schema.GroupResource{Resource: "namespaces"}:
		if a.Resource.Subresource != "" {
			return nil
		}
		return p.namespace(ctx, a)
	case schema.GroupResource{Resource: "pods"}:
		if slices.Contains(ignored, a.Resource.Subresource) {
			return nil
		}
		return p.pod(ctx, a)
	}
	if a.Resource.Subresource == "" && hasTemplate(a.Resource.GroupResource()) {
		p.template(ctx, a)
	}
	return nil
}

// hasTemplate says whether objects of a resource make pods.
func hasTemplate(gr schema.GroupResource) bool {
	switch gr.Group {
	case "":
		return gr.Resource == "replicationcontrollers" || gr.Resource == "podtemplates"
	case "apps":
		return gr.Resource == "replicasets" || gr.Resource == "deployments" || gr.Resource == "statefulsets" || gr.Resource == "daemonsets"
	case "batch":
		return gr.Resource == "jobs" || gr.Resource == "cronjobs"
	}
	return false
}

// pod judges a pod by all three modes.
func (p *Plugin) pod(ctx context.Context, a *admission.Attributes) error {
	if p.exempt(a) {
		return nil
	}
	ns, err := p.namespaceOf(ctx, a.Namespace)
	if err != nil {
		return p.failed(a, apierrors.NewInternalError(fmt.Errorf("failed to lookup namespace %q", a.Namespace)), err)
	}
	chosen, faults := api.PolicyToEvaluate(ns.Labels, p.defaults)
	if len(faults) == 0 && chosen.FullyPrivileged() {
		p.evaluated(a, "allow", chosen.Enforce, "enforce")
		annotate(a, api.EnforcedPolicyAnnotationKey, api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()}.String())
		return nil
	}
	pod, ok := a.Object.(*corev1.Pod)
	if !ok {
		return p.failed(a, apierrors.NewBadRequest("failed to decode pod"), nil)
	}
	if a.Operation == admission.Update {
		old, ok := a.Old.(*corev1.Pod)
		if !ok {
			return p.failed(a, apierrors.NewBadRequest("failed to decode old pod"), nil)
		}
		if !changes(&pod.Spec, &old.Spec) {
			return nil
		}
	}
	return p.judge(a, chosen, faults, made{pod.Annotations, &pod.Spec}, true)
}

// template warns of pods that would be refused later. It never refuses.
func (p *Plugin) template(ctx context.Context, a *admission.Attributes) {
	if p.exempt(a) {
		return
	}
	ns, err := p.namespaceOf(ctx, a.Namespace)
	if err != nil {
		p.Recorder.Failed(true, operation(a), kind(a), a.Resource.Subresource)
		annotate(a, "error", fmt.Sprintf("failed to lookup namespace %q: %v", a.Namespace, err))
		return
	}
	chosen, faults := api.PolicyToEvaluate(ns.Labels, p.defaults)
	if len(faults) == 0 && chosen.Warn.Level == api.LevelPrivileged && chosen.Audit.Level == api.LevelPrivileged {
		return
	}
	what, err := templateOf(a.Object)
	if err != nil {
		p.Recorder.Failed(true, operation(a), kind(a), a.Resource.Subresource)
		annotate(a, "error", fmt.Sprintf("failed to extract pod template: %v", err))
		return
	}
	if what.spec == nil {
		return
	}
	// Without enforcement nothing is refused.
	_ = p.judge(a, chosen, faults, what, false)
}

// judge evaluates what is asked for, each level once. A refused pod gets no warnings.
func (p *Plugin) judge(a *admission.Attributes, chosen api.Policy, faults field.ErrorList, what made, enforce bool) error {
	if class := what.spec.RuntimeClassName; class != nil && *class != "" && slices.Contains(p.config.Exemptions.RuntimeClasses, *class) {
		p.exempted(a, "runtimeClass")
		return nil
	}
	if len(faults) > 0 {
		annotate(a, "error", fmt.Sprintf("Failed to parse policy: %v", faults.ToAggregate()))
		p.Recorder.Failed(false, operation(a), kind(a), a.Resource.Subresource)
	}
	known := map[api.LevelVersion]policy.AggregateCheckResult{}
	evaluate := func(lv api.LevelVersion) (policy.AggregateCheckResult, error) {
		r, found := known[lv]
		var err error
		if !found {
			r, err = p.evaluate(lv, what)
			known[lv] = r
		}
		return r, err
	}
	var refusal error
	if enforce {
		annotate(a, api.EnforcedPolicyAnnotationKey, chosen.Enforce.String())
		r, err := evaluate(chosen.Enforce)
		if err != nil {
			return p.failed(a, apierrors.NewBadRequest("failed to decode object"), err)
		}
		decision := "allow"
		if !r.Allowed {
			decision = "deny"
			refusal = apierrors.NewForbidden(a.Resource.GroupResource(), a.Name, errors.New(violates("violates", chosen.Enforce, &r)))
		}
		p.evaluated(a, decision, chosen.Enforce, "enforce")
	}
	if r, err := evaluate(chosen.Audit); err == nil && !r.Allowed {
		annotate(a, api.AuditViolationsAnnotationKey, violates("would violate", chosen.Audit, &r))
		p.evaluated(a, "deny", chosen.Audit, "audit")
	}
	if refusal != nil {
		return refusal
	}
	if r, err := evaluate(chosen.Warn); err == nil && !r.Allowed {
		a.Warn(violates("would violate", chosen.Warn, &r))
		p.evaluated(a, "deny", chosen.Warn, "warn")
	}
	return nil
}

func violates(how string, lv api.LevelVersion, r *policy.AggregateCheckResult) string {
	return fmt.Sprintf("%s PodSecurity %q: %s", how, lv.String(), r.ForbiddenDetail())
}

// namespaceOf is a namespace, which the cache may not know yet.
func (p *Plugin) namespaceOf(ctx context.Context, name string) (*corev1.Namespace, error) {
	ns, err := lookup.Get[*corev1.Namespace](ctx, p.Cached, namespaces, "", name)
	if apierrors.IsNotFound(err) {
		ns, err = lookup.Get[*corev1.Namespace](ctx, p.Live, namespaces, "", name)
	}
	return ns, err
}

// exempt says whether namespace or user are not judged.
func (p *Plugin) exempt(a *admission.Attributes) bool {
	switch {
	case p.exemptNamespace(a.Namespace):
		p.exempted(a, "namespace")
	case a.User != nil && a.User.Name != "" && slices.Contains(p.config.Exemptions.Usernames, a.User.Name):
		p.exempted(a, "user")
	default:
		return false
	}
	return true
}

func (p *Plugin) exemptNamespace(name string) bool {
	return name != "" && slices.Contains(p.config.Exemptions.Namespaces, name)
}

func (p *Plugin) exempted(a *admission.Attributes, why string) {
	annotate(a, api.ExemptionReasonAnnotationKey, why)
	p.Recorder.Exempted(operation(a), kind(a), a.Resource.Subresource)
}

// failed is the answer when the plugin cannot judge.
func (p *Plugin) failed(a *admission.Attributes, answer *apierrors.StatusError, cause error) error {
	p.Recorder.Failed(true, operation(a), kind(a), a.Resource.Subresource)
	text := answer.ErrStatus.Message
	if cause != nil {
		text = fmt.Sprintf("%s: %v", text, cause)
	}
	annotate(a, "error", text)
	return answer
}

func (p *Plugin) evaluated(a *admission.Attributes, decision string, lv api.LevelVersion, mode string) {
	version := lv.Version.String()
	switch {
	case lv.Version.Latest() || lv.Level == api.LevelPrivileged:
		version = "latest"
	case current.Older(lv.Version):
		version = "future"
	}
	p.Recorder.Evaluated(decision, string(lv.Level), version, mode, operation(a), kind(a), a.Resource.Subresource)
}

func annotate(a *admission.Attributes, key, value string) {
	a.Annotate(api.AuditAnnotationPrefix+key, value)
}

func operation(a *admission.Attributes) string {
	if a.Operation == admission.Create {
		return "create"
	}
	return "update"
}

// kind is what metrics call the resource of a request.
func kind(a *admission.Attributes) string {
	switch {
	case a.Resource.Group == "" && a.Resource.Resource == "pods":
		return "pod"
	case a.Resource.Group == "" && a.Resource.Resource == "namespaces":
		return "namespace"
	}
	return "controller"
}
