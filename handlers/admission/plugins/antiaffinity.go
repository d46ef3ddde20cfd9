package plugins

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

const hostname = "kubernetes.io/hostname"

// LimitPodHardAntiAffinityTopology refuses pods that keep others away from more than a node.
type LimitPodHardAntiAffinityTopology struct{ admission.On }

func newAntiAffinity(*Deps) any {
	return &LimitPodHardAntiAffinityTopology{admission.On{admission.Create, admission.Update}}
}

// Validate implements admission.Validator.
func (*LimitPodHardAntiAffinityTopology) Validate(_ context.Context, a *admission.Attributes) error {
	if !a.Is("", "pods") {
		return nil
	}
	pod, err := podOf(a.Object)
	if err != nil {
		return err
	}
	if pod.Spec.Affinity == nil || pod.Spec.Affinity.PodAntiAffinity == nil {
		return nil
	}
	for _, term := range pod.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution {
		if term.TopologyKey != hostname {
			return apierrors.NewForbidden(a.Resource.GroupResource(), pod.Name, fmt.Errorf("affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey %v but only key %v is allowed", term.TopologyKey, hostname))
		}
	}
	return nil
}
