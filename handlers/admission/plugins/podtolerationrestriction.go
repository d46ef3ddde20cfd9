package plugins

import (
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/yaml"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
)

// PodTolerationRestriction gives the pods of a namespace tolerations, and allows them no others than those of a whitelist.
type PodTolerationRestriction struct {
	admission.On
	Cached, Live lookup.Reader
	// What holds for namespaces whose annotations say nothing.
	def, whitelist []corev1.Toleration
}

const (
	defaultTolerations   = "scheduler.alpha.kubernetes.io/defaultTolerations"
	tolerationsWhitelist = "scheduler.alpha.kubernetes.io/tolerationsWhitelist"
)

func newPodTolerationRestriction(d *Deps, c admission.Configured) (any, error) {
	var config struct {
		APIVersion string              `json:"apiVersion"`
		Kind       string              `json:"kind"`
		Default    []corev1.Toleration `json:"default"`
		Whitelist  []corev1.Toleration `json:"whitelist"`
	}
	if len(c.Content) > 0 {
		if err := yaml.UnmarshalStrict(c.Content, &config); err != nil {
			return nil, fmt.Errorf("failed to unmarshal from file content: %w", err)
		}
		if err := isKind(config.APIVersion, config.Kind, "podtolerationrestriction.admission.k8s.io/v1alpha1", "Configuration"); err != nil {
			return nil, err
		}
	}
	return &PodTolerationRestriction{admission.On{admission.Create, admission.Update}, d.Cached, d.Live, config.Default, config.Whitelist}, nil
}

// isKind refuses the configuration of something else.
func isKind(apiVersion, kind, wantVersion, wantKind string) error {
	if apiVersion != wantVersion || kind != wantKind {
		return fmt.Errorf("no kind %q is registered for version %q: want %s of %s", kind, apiVersion, wantKind, wantVersion)
	}
	return nil
}

// Admit implements admission.Mutator.
func (p *PodTolerationRestriction) Admit(ctx context.Context, a *admission.Attributes) error {
	pod, ok := a.Object.(*corev1.Pod)
	if !ok || !a.Is("", "pods") {
		return nil
	}
	var more []corev1.Toleration
	if a.Operation == admission.Create {
		given, err := p.ofNamespace(ctx, a.Namespace, defaultTolerations)
		if err != nil {
			return err
		}
		if given == nil {
			given = p.def
		}
		more = append(more, given...)
	}
	if !bestEffort(&pod.Spec) {
		more = append(more, corev1.Toleration{Key: nodeMemoryPressure, Operator: "Exists", Effect: noSchedule})
	}
	if len(more) > 0 {
		pod.Spec.Tolerations = mergeTolerations(pod.Spec.Tolerations, more)
	}
	return p.Validate(ctx, a)
}

// Validate implements admission.Validator.
func (p *PodTolerationRestriction) Validate(ctx context.Context, a *admission.Attributes) error {
	pod, ok := a.Object.(*corev1.Pod)
	if !ok || !a.Is("", "pods") || len(pod.Spec.Tolerations) == 0 {
		return nil
	}
	scope := "namespace"
	whitelist, err := p.ofNamespace(ctx, a.Namespace, tolerationsWhitelist)
	if err != nil {
		return err
	}
	if whitelist == nil {
		whitelist, scope = p.whitelist, "cluster"
	}
	if !covered(pod.Spec.Tolerations, whitelist) {
		return fmt.Errorf("pod tolerations (possibly merged with namespace default tolerations) conflict with its %s whitelist", scope)
	}
	return nil
}

// ofNamespace is the list in an annotation of the namespace; nil without the annotation.
func (p *PodTolerationRestriction) ofNamespace(ctx context.Context, name, annotation string) ([]corev1.Toleration, error) {
	ns, err := lookup.Get[*corev1.Namespace](ctx, p.Cached, namespaces, "", name)
	if apierrors.IsNotFound(err) {
		ns, err = lookup.Get[*corev1.Namespace](ctx, p.Live, namespaces, "", name)
	}
	switch {
	case apierrors.IsNotFound(err):
		return nil, err
	case err != nil:
		return nil, apierrors.NewInternalError(err)
	}
	text, found := ns.Annotations[annotation]
	if !found {
		return nil, nil
	}
	list := []corev1.Toleration{}
	if text == "" {
		return list, nil
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, err
	}
	return list, nil
}

// bestEffort says whether the quality of service of a pod is BestEffort: nothing in it asks for processors or memory.
func bestEffort(spec *corev1.PodSpec) bool {
	asks := func(r *corev1.ResourceRequirements) bool {
		for _, name := range []string{"cpu", "memory"} {
			request, limit := r.Requests[name], r.Limits[name]
			if request.Sign() > 0 || limit.Sign() > 0 {
				return true
			}
		}
		return false
	}
	if spec.Resources != nil && (len(spec.Resources.Requests) > 0 || len(spec.Resources.Limits) > 0) {
		return !asks(spec.Resources)
	}
	for _, list := range [][]corev1.Container{spec.Containers, spec.InitContainers} {
		for i := range list {
			if asks(&list[i].Resources) {
				return false
			}
		}
	}
	return true
}
