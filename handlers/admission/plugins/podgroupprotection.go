package plugins

import (
	"context"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

// PodGroupProtection gives groups of pods a finalizer, so that they stay as long as they have pods.
type PodGroupProtection struct {
	admission.On
	Enabled func(gate string) bool
}

func newPodGroupProtection(d *Deps) any {
	return &PodGroupProtection{admission.On{admission.Create}, d.Enabled}
}

// Admit implements admission.Mutator.
func (p *PodGroupProtection) Admit(_ context.Context, a *admission.Attributes) error {
	if a.Object != nil && a.Is("scheduling.k8s.io", "podgroups") && p.Enabled("GenericWorkload") {
		addFinalizer(a, "scheduling.k8s.io/podgroup-protection")
	}
	return nil
}
