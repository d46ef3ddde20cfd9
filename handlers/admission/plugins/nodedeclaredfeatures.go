package plugins

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// NodeDeclaredFeatureValidator refuses changes of a running pod that need a feature which its node does not declare.
type NodeDeclaredFeatureValidator struct {
	admission.On
	Nodes   lookup.Reader
	enabled bool
}

func newNodeDeclaredFeatures(d *Deps) any {
	return &NodeDeclaredFeatureValidator{admission.On{admission.Update}, d.Cached, d.Enabled("NodeDeclaredFeatures")}
}

// Validate implements admission.Validator.
func (p *NodeDeclaredFeatureValidator) Validate(ctx context.Context, a *admission.Attributes) error {
	if !p.enabled || !a.Is("", "pods") && !a.IsSub("", "pods", "resize") {
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
	needed := neededFeatures(&pod.Spec, &old.Spec)
	if len(needed) == 0 {
		return nil
	}
	node, err := nodeOf(ctx, a, p.Nodes, pod.Spec.NodeName)
	if err != nil {
		return err
	}
	needed = slices.DeleteFunc(needed, func(name string) bool { return slices.Contains(node.Status.DeclaredFeatures, name) })
	if len(needed) > 0 {
		return a.Forbidden(fmt.Errorf("pod update requires features %s which are not available on node %q", strings.Join(needed, ", "), node.Name))
	}
	return nil
}

// neededFeatures are what a node must be able to do for a change, in upstream's order.
func neededFeatures(spec, old *corev1.PodSpec) (names []string) {
	if !object.Equal(&spec.Resources, &old.Resources) {
		names = append(names, "InPlacePodLevelResourcesVerticalScaling")
	}
	for i := range old.InitContainers {
		c := &old.InitContainers[i]
		sidecar := c.RestartPolicy != nil && *c.RestartPolicy == "Always"
		if !sidecar && i < len(spec.InitContainers) && !object.Equal(&c.Resources, &spec.InitContainers[i].Resources) {
			return append(names, "InPlacePodVerticalScalingInitContainers")
		}
	}
	return names
}
