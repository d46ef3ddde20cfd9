package plugins

import (
	"context"
	"errors"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
)

// PersistentVolumeClaimResize lets only those claims grow whose class can make volumes grow.
type PersistentVolumeClaimResize struct {
	admission.On
	Classes lookup.Reader
}

func newClaimResize(d *Deps) any {
	return &PersistentVolumeClaimResize{admission.On{admission.Update}, d.Cached}
}

var (
	errNotBound     = errors.New("Only bound persistent volume claims can be expanded") //nolint:staticcheck // upstream's words
	errNotResizable = errors.New("only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize")
)

// Validate implements admission.Validator.
func (p *PersistentVolumeClaimResize) Validate(ctx context.Context, a *admission.Attributes) error {
	claim, ok := a.Object.(*corev1.PersistentVolumeClaim)
	old, wasOne := a.Old.(*corev1.PersistentVolumeClaim)
	if !ok || !wasOne || !a.Is("", "persistentvolumeclaims") {
		return nil
	}
	is, was := claim.Spec.Resources.Requests["storage"], old.Spec.Resources.Requests["storage"]
	switch {
	case is.Cmp(was) <= 0:
		return nil
	case old.Status.Phase != "Bound":
		return a.Forbidden(errNotBound)
	case !p.growing(ctx, claim, old):
		return a.Forbidden(errNotResizable)
	}
	return nil
}

func (p *PersistentVolumeClaimResize) growing(ctx context.Context, claim, old *corev1.PersistentVolumeClaim) bool {
	name := classOf(claim)
	if name == "" || name != classOf(old) {
		return false
	}
	class, err := lookup.Get[*storagev1.StorageClass](ctx, p.Classes, storageClasses, "", name)
	return err == nil && class.AllowVolumeExpansion != nil && *class.AllowVolumeExpansion
}

func classOf(claim *corev1.PersistentVolumeClaim) string {
	if class, found := claim.Annotations[betaStorageClass]; found {
		return class
	}
	if claim.Spec.StorageClassName != nil {
		return *claim.Spec.StorageClassName
	}
	return ""
}
