package plugins

import (
	"context"
	"fmt"
	"maps"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
)

// topologyLabels are those that pods get of their node.
var topologyLabels = []string{"topology.kubernetes.io/zone", "topology.kubernetes.io/region"}

// PodTopologyLabels labels pods with the zone and the region of the node that they come to.
type PodTopologyLabels struct {
	admission.On
	Nodes   lookup.Reader
	enabled bool
}

func newPodTopologyLabels(d *Deps) any {
	return &PodTopologyLabels{admission.On{admission.Create}, d.Cached, d.Enabled("PodTopologyLabelsAdmission")}
}

// Admit implements admission.Mutator.
func (p *PodTopologyLabels) Admit(ctx context.Context, a *admission.Attributes) error {
	switch {
	case !p.enabled:
	case a.Is("", "pods"):
		pod, ok := a.Object.(*corev1.Pod)
		if !ok {
			return fmt.Errorf("expected Pod but got %T", a.Object)
		}
		if pod.Spec.NodeName != "" {
			return p.label(ctx, pod.Spec.NodeName, &pod.Labels)
		}
	case a.IsSub("", "pods", "binding"):
		binding, ok := a.Object.(*corev1.Binding)
		if !ok {
			return fmt.Errorf("expected Binding but got %s", a.Resource.Kind)
		}
		if binding.Target.Kind == "Node" {
			return p.label(ctx, binding.Target.Name, &binding.Labels)
		}
	}
	return nil
}

func (p *PodTopologyLabels) label(ctx context.Context, nodeName string, to *map[string]string) error {
	node, err := lookup.Get[*corev1.Node](ctx, p.Nodes, nodes, "", nodeName)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	labels := map[string]string{}
	for _, key := range topologyLabels {
		if value, found := node.Labels[key]; found {
			labels[key] = value
		}
	}
	if len(labels) == 0 {
		return nil
	}
	if *to == nil {
		*to = labels
	} else {
		maps.Copy(*to, labels)
	}
	return nil
}
