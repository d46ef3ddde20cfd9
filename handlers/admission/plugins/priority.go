package plugins

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	schedulingv1 "github.com/gatehouse-dev/gatehouse/gen/types/scheduling/v1"
	schedulingv1alpha2 "github.com/gatehouse-dev/gatehouse/gen/types/scheduling/v1alpha2"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
)

// preemptLower is the policy of pods that are of no class.
const preemptLower = "PreemptLowerPriority"

// Priority gives pods, and groups of them, the priority of their class, and refuses one that they give themselves. It lets only one
// class be the default.
type Priority struct {
	admission.On
	Classes lookup.Reader
	Enabled func(gate string) bool
}

func newPriority(d *Deps) any {
	return &Priority{admission.On{admission.Create, admission.Update, admission.Delete}, d.Cached, d.Enabled}
}

// Admit implements admission.Mutator.
func (p *Priority) Admit(ctx context.Context, a *admission.Attributes) error {
	switch {
	case a.Operation == admission.Create && a.Is("", "pods"):
		return p.newPod(ctx, a)
	case a.Operation == admission.Update && a.Is("", "pods"):
		return p.changedPod(a)
	case a.Operation == admission.Create && a.Is("scheduling.k8s.io", "podgroups") && p.Enabled("WorkloadAwarePreemption"):
		return p.newGroup(ctx, a)
	}
	return nil
}

func (p *Priority) newPod(ctx context.Context, a *admission.Attributes) error {
	pod, err := podOf(a.Object)
	if err != nil {
		return err
	}
	class, err := p.class(ctx, a, pod.Spec.PriorityClassName)
	if err != nil {
		return err
	}
	if given := pod.Spec.Priority; given != nil && *given != class.value {
		return a.Forbidden(fmt.Errorf("the integer value of priority (%d) must not be provided in pod spec; priority admission controller computed %d from the given PriorityClass name", *given, class.value))
	}
	pod.Spec.PriorityClassName, pod.Spec.Priority = class.name, &class.value
	if class.policy == nil {
		return nil
	}
	policy := *class.policy
	if given := pod.Spec.PreemptionPolicy; given != nil && *given != policy {
		return a.Forbidden(fmt.Errorf("the string value of PreemptionPolicy (%s) must not be provided in pod spec; priority admission controller computed %s from the given PriorityClass name", *given, policy))
	}
	pod.Spec.PreemptionPolicy = &policy
	return nil
}

// changedPod keeps what clients that do not know the fields have left out.
func (p *Priority) changedPod(a *admission.Attributes) error {
	pod, err := podOf(a.Object)
	if err != nil {
		return err
	}
	old, err := podOf(a.Old)
	if err != nil {
		return err
	}
	keep(&pod.Spec.Priority, old.Spec.Priority)
	keep(&pod.Spec.PreemptionPolicy, old.Spec.PreemptionPolicy)
	return nil
}

func keep[T any](at **T, old *T) {
	if *at == nil && old != nil {
		value := *old
		*at = &value
	}
}

func (p *Priority) newGroup(ctx context.Context, a *admission.Attributes) error {
	group, ok := a.Object.(*schedulingv1alpha2.PodGroup)
	if !ok {
		return apierrors.NewBadRequest("resource was marked with kind PodGroup but was unable to be converted")
	}
	class, err := p.class(ctx, a, group.Spec.PriorityClassName)
	if err != nil {
		return err
	}
	if given := group.Spec.Priority; given != nil && *given != class.value {
		return a.Forbidden(fmt.Errorf("priority set in the pod group (%d) must match the priority computed (%d) based on the priority class set in the spec", *given, class.value))
	}
	group.Spec.PriorityClassName, group.Spec.Priority = class.name, &class.value
	return nil
}

// class is what a priority class comes to.
type class struct {
	name   string
	value  int32
	policy *string
}

// class is that of a name; without one the default class, or none.
func (p *Priority) class(ctx context.Context, a *admission.Attributes, name string) (class, error) {
	if name == "" {
		def, err := p.defaultClass(ctx)
		switch {
		case err != nil:
			return class{}, fmt.Errorf("error occurred while retrieving default priority class: %w", err)
		case def == nil:
			policy := preemptLower
			return class{policy: &policy}, nil
		}
		return class{def.Name, def.Value, def.PreemptionPolicy}, nil
	}
	found, err := lookup.Get[*schedulingv1.PriorityClass](ctx, p.Classes, priorityClasses, "", name)
	switch {
	case apierrors.IsNotFound(err):
		return class{}, a.Forbidden(fmt.Errorf("no PriorityClass with name %v was found", name))
	case err != nil:
		return class{}, fmt.Errorf("failed to resolve PriorityClass with name %s: %w", name, err)
	}
	return class{name, found.Value, found.PreemptionPolicy}, nil
}

// defaultClass is the one that is marked so, of several that with the lowest priority; nil when there is none.
func (p *Priority) defaultClass(ctx context.Context) (def *schedulingv1.PriorityClass, err error) {
	all, err := lookup.List[*schedulingv1.PriorityClass](ctx, p.Classes, priorityClasses, "")
	for _, c := range all {
		if c.GlobalDefault && (def == nil || def.Value > c.Value) {
			def = c
		}
	}
	return def, err
}

// Validate implements admission.Validator.
func (p *Priority) Validate(ctx context.Context, a *admission.Attributes) error {
	if a.Operation == admission.Delete || !a.Is("scheduling.k8s.io", "priorityclasses") {
		return nil
	}
	pc, ok := a.Object.(*schedulingv1.PriorityClass)
	if !ok {
		return apierrors.NewBadRequest("resource was marked with kind PriorityClass but was unable to be converted")
	}
	if !pc.GlobalDefault {
		return nil
	}
	def, err := p.defaultClass(ctx)
	if err != nil {
		return fmt.Errorf("failed to get default priority class: %w", err)
	}
	if def != nil && (a.Operation == admission.Create || def.Name != pc.Name) {
		return a.Forbidden(fmt.Errorf("PriorityClass %v is already marked as default. Only one default can exist", def.Name))
	}
	return nil
}
