package storage

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var volumeAttachments = kind.Kind{
	Group: group, Resource: "volumeattachments",
	Strategy: func(_ *kind.Deps, _ resources.Row, s *resource.Strategy) { s.Validate = kind.Check(validateAttachment) },
}

func validateAttachment(o *storagev1.VolumeAttachment) field.ErrorList {
	errs := kind.DriverTitle(spec.Child("attacher"), o.Spec.Attacher)
	at, source := spec.Child("source"), &o.Spec.Source
	switch name := source.PersistentVolumeName; {
	case source.InlineVolumeSpec == nil && name == nil:
		errs = append(errs, field.Required(at, "must specify exactly one of inlineVolumeSpec and persistentVolumeName"))
	case source.InlineVolumeSpec != nil && name != nil:
		errs = append(errs, field.Forbidden(at, "must specify exactly one of inlineVolumeSpec and persistentVolumeName"))
	case name != nil:
		if *name == "" {
			errs = append(errs, field.Required(at.Child("persistentVolumeName"), "must specify non empty persistentVolumeName"))
		}
		errs = append(errs, kind.DNSName(at.Child("persistentVolumeName"), *name)...)
	}
	return append(errs, kind.DNSName(spec.Child("nodeName"), o.Spec.NodeName)...)
}
