package plugins

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
)

// PodResizeValidator refuses resizes that the node of a pod can never carry out.
type PodResizeValidator struct {
	admission.On
	Nodes   lookup.Reader
	enabled bool
}

func newPodResizeValidator(d *Deps) any {
	return &PodResizeValidator{admission.On{admission.Update}, d.Cached, d.Enabled("InPlacePodVerticalScaling")}
}

// Validate implements admission.Validator.
func (p *PodResizeValidator) Validate(ctx context.Context, a *admission.Attributes) error {
	if !p.enabled || !a.IsSub("", "pods", "resize") {
		return nil
	}
	pod, err := podOf(a.Object)
	if err != nil || pod.Spec.NodeName == "" {
		return err
	}
	old, err := podOf(a.Old)
	if err != nil || old.Generation == pod.Generation {
		return err
	}
	node, err := nodeOf(ctx, a, p.Nodes, pod.Spec.NodeName)
	if err != nil {
		return err
	}
	if os, found := node.Labels["kubernetes.io/os"]; found && os != "linux" {
		return withCause(a.Forbidden(fmt.Errorf("pod resize is only supported on linux nodes, node %q is %q", node.Name, os)), "UnsupportedPlatform")
	}
	if err := fits(&pod.Spec, node.Status.Allocatable); err != nil {
		return withCause(a.Forbidden(err), "NodeCapacity")
	}
	return nil
}

// nodeOf is the node of a pod, without which an update of that is refused.
func nodeOf(ctx context.Context, a *admission.Attributes, from lookup.Reader, name string) (*corev1.Node, error) {
	node, err := lookup.Get[*corev1.Node](ctx, from, nodes, "", name)
	switch {
	case apierrors.IsNotFound(err):
		return nil, a.Forbidden(fmt.Errorf("node %q not found", name))
	case err != nil:
		return nil, a.Forbidden(fmt.Errorf("failed to get node %q: %w", name, err))
	}
	return node, nil
}

func withCause(err error, cause metav1.CauseType) error {
	if status := (*apierrors.StatusError)(nil); errors.As(err, &status) {
		status.ErrStatus.Details.Causes = append(status.ErrStatus.Details.Causes, metav1.StatusCause{Type: cause})
	}
	return err
}

// fits says what a pod asks for beyond what its node has for pods.
func fits(spec *corev1.PodSpec, allocatable map[string]resource.Quantity) error {
	asked := atOnce(spec, func(c *corev1.Container) map[string]resource.Quantity { return c.Resources.Requests })
	if spec.Resources != nil {
		for _, name := range []string{"cpu", "memory"} {
			if q, found := spec.Resources.Requests[name]; found {
				asked[name] = q
			}
		}
	}
	add(asked, spec.Overhead)
	cpu, memory := asked["cpu"], asked["memory"]
	cpus, memories := allocatable["cpu"], allocatable["memory"]
	var faults []string
	if cpu.Cmp(cpus) > 0 {
		faults = append(faults, fmt.Sprintf("cpu, requested: %d, allocatable: %d", cpu.MilliValue(), cpus.MilliValue()))
	}
	if memory.Cmp(memories) > 0 {
		faults = append(faults, fmt.Sprintf("memory, requested: %d, allocatable: %d", memory.Value(), memories.Value()))
	}
	if len(faults) > 0 {
		return fmt.Errorf("node didn't have enough allocatable resources: %s", strings.Join(faults, "; "))
	}
	return nil
}
