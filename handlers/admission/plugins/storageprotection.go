package plugins

import (
	"context"
	"slices"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

// StorageObjectInUseProtection gives claims, volumes and classes of attributes a finalizer, so that they stay as long as something
// uses them. Controllers take it off.
type StorageObjectInUseProtection struct {
	admission.On
	Enabled func(gate string) bool
}

func newStorageProtection(d *Deps) any {
	return &StorageObjectInUseProtection{admission.On{admission.Create}, d.Enabled}
}

// Admit implements admission.Mutator.
func (p *StorageObjectInUseProtection) Admit(_ context.Context, a *admission.Attributes) error {
	switch {
	case a.Object == nil:
	case a.Is("", "persistentvolumes"):
		addFinalizer(a, "kubernetes.io/pv-protection")
	case a.Is("", "persistentvolumeclaims"):
		addFinalizer(a, "kubernetes.io/pvc-protection")
	case a.Is("storage.k8s.io", "volumeattributesclasses") && p.Enabled("VolumeAttributesClass"):
		addFinalizer(a, "kubernetes.io/vac-protection")
	}
	return nil
}

func addFinalizer(a *admission.Attributes, name string) {
	if list := a.Object.GetFinalizers(); !slices.Contains(list, name) {
		a.Object.SetFinalizers(append(list, name))
	}
}
