package plugins

import (
	"context"
	"errors"
	"fmt"
	"maps"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	nodev1 "github.com/gatehouse-dev/gatehouse/gen/types/node/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// RuntimeClass gives pods the overhead of their runtime, and where it is to be found.
type RuntimeClass struct {
	admission.On
	Cached, Live lookup.Reader
}

func newRuntimeClass(d *Deps) any {
	return &RuntimeClass{admission.On{admission.Create}, d.Cached, d.Live}
}

var (
	errOtherOverhead = errors.New("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
	errOwnOverhead   = errors.New("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")
)

// Admit implements admission.Mutator.
func (p *RuntimeClass) Admit(ctx context.Context, a *admission.Attributes) error {
	pod, class, err := p.of(ctx, a)
	if err != nil || class == nil {
		return err
	}
	if class.Overhead != nil {
		fixed := class.Overhead.PodFixed
		if len(pod.Spec.Overhead) > 0 && !object.Equal(&fixed, &pod.Spec.Overhead) {
			return a.Forbidden(errOtherOverhead)
		}
		pod.Spec.Overhead = copied(fixed)
	}
	if class.Scheduling == nil {
		return nil
	}
	return schedule(a, pod, class.Scheduling)
}

// schedule lets the pod go where the runtime is.
func schedule(a *admission.Attributes, pod *corev1.Pod, s *nodev1.Scheduling) error {
	if pod.Spec.NodeSelector == nil {
		pod.Spec.NodeSelector = maps.Clone(s.NodeSelector)
	}
	for key, value := range s.NodeSelector {
		if given, found := pod.Spec.NodeSelector[key]; found && given != value {
			return a.Forbidden(fmt.Errorf("conflict: runtimeClass.scheduling.nodeSelector[%s] = %s; pod.spec.nodeSelector[%s] = %s", key, value, key, given))
		}
		pod.Spec.NodeSelector[key] = value
	}
	added := make([]corev1.Toleration, len(s.Tolerations))
	for i := range s.Tolerations {
		s.Tolerations[i].DeepCopyInto(&added[i])
	}
	pod.Spec.Tolerations = mergeTolerations(pod.Spec.Tolerations, added)
	return nil
}

// Validate implements admission.Validator.
func (p *RuntimeClass) Validate(ctx context.Context, a *admission.Attributes) error {
	pod, class, err := p.of(ctx, a)
	switch {
	case err != nil || pod == nil:
		return err
	case class == nil || class.Overhead == nil:
		if pod.Spec.Overhead != nil {
			return a.Forbidden(errOwnOverhead)
		}
	case !object.Equal(&class.Overhead.PodFixed, &pod.Spec.Overhead):
		return a.Forbidden(errOtherOverhead)
	}
	return nil
}

// of is the pod of a request, nil for others, and the class that it names, nil when it names none.
func (p *RuntimeClass) of(ctx context.Context, a *admission.Attributes) (*corev1.Pod, *nodev1.RuntimeClass, error) {
	if !a.Is("", "pods") {
		return nil, nil, nil
	}
	pod, err := podOf(a.Object)
	if err != nil || pod.Spec.RuntimeClassName == nil {
		return pod, nil, err
	}
	name := *pod.Spec.RuntimeClassName
	class, err := lookup.Get[*nodev1.RuntimeClass](ctx, p.Cached, runtimeClasses, "", name)
	if apierrors.IsNotFound(err) {
		class, err = lookup.Get[*nodev1.RuntimeClass](ctx, p.Live, runtimeClasses, "", name)
	}
	if apierrors.IsNotFound(err) {
		err = a.Forbidden(fmt.Errorf("pod rejected: RuntimeClass %q not found", name))
	}
	if err != nil {
		return pod, nil, err
	}
	return pod, class, nil
}
