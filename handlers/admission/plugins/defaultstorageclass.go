package plugins

import (
	"context"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// betaStorageClass is the annotation that named the class of a claim before the field did.
const betaStorageClass = "volume.beta.kubernetes.io/storage-class"

// DefaultStorageClass gives claims that name no class the default one.
type DefaultStorageClass struct {
	admission.On
	Classes lookup.Reader
}

func newDefaultStorageClass(d *Deps) any {
	return &DefaultStorageClass{admission.On{admission.Create}, d.Cached}
}

// Admit implements admission.Mutator.
func (p *DefaultStorageClass) Admit(ctx context.Context, a *admission.Attributes) error {
	claim, ok := a.Object.(*corev1.PersistentVolumeClaim)
	if !ok || !a.Is("", "persistentvolumeclaims") {
		return nil
	}
	if _, old := claim.Annotations[betaStorageClass]; old || claim.Spec.StorageClassName != nil {
		return nil
	}
	classes, err := lookup.List[*storagev1.StorageClass](ctx, p.Classes, storageClasses, "")
	if err != nil {
		return a.Forbidden(err)
	}
	if def := newestDefault(classes, "storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"); def != nil {
		name := def.GetName()
		claim.Spec.StorageClassName = &name
	}
	return nil
}

// newestDefault is the class that one of the annotations marks as the default one; of several the newest, then the first by name.
func newestDefault[T object.Object](classes []T, annotations ...string) (def object.Object) {
	for _, class := range classes {
		is := false
		for _, annotation := range annotations {
			is = is || class.GetAnnotations()[annotation] == "true"
		}
		if !is {
			continue
		}
		if def == nil {
			def = class
			continue
		}
		a, b := class.GetCreationTimestamp(), def.GetCreationTimestamp()
		if b.Before(&a) || a.Equal(&b) && class.GetName() < def.GetName() {
			def = class
		}
	}
	return def
}
