package storage

import (
	"math"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/core"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var volumeAttachments = kind.Kind{
	Group: group, Resource: "volumeattachments", Strategy: volumeAttachment,
	Subresources: map[string]kind.Strategy{"status": func(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
		s.Validate = kind.Check(func(o *storagev1.VolumeAttachment) field.ErrorList {
			return append(validateAttachment(o), attachmentStatus(&o.Status, field.NewPath("status"))...)
		})
	}},
}

func volumeAttachment(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = kind.Check(validateAttachment)
	s.Ruled = func(o object.Object, _ bool) object.Object {
		a, ok := o.(*storagev1.VolumeAttachment)
		if !ok || a.Spec.Source.InlineVolumeSpec == nil {
			return o
		}
		out := *a
		if a.Spec.Source.PersistentVolumeName != nil {
			out.Spec.Source.InlineVolumeSpec = nil
		} else {
			out.Spec.Source.InlineVolumeSpec = core.InlineRuled(a.Spec.Source.InlineVolumeSpec)
		}
		return &out
	}
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
	default:
		errs = append(errs, core.InlineVolume(source.InlineVolumeSpec, at.Child("inlineVolumeSpec"))...)
	}
	errs = append(errs, kind.DNSName(spec.Child("nodeName"), o.Spec.NodeName)...)
	if name := source.PersistentVolumeName; name != nil {
		errs = append(errs, kind.DNSName(at.Child("persistentVolumeName"), *name)...)
	}
	return errs
}

const longestMessage = 1024

func attachmentStatus(s *storagev1.VolumeAttachmentStatus, path *field.Path) field.ErrorList {
	errs := bounded(s.AttachmentMetadata, path.Child("attachmentMetadata"))
	for _, e := range []struct {
		name  string
		fault *storagev1.VolumeError
	}{{"attachError", s.AttachError}, {"detachError", s.DetachError}} {
		if e.fault == nil {
			continue
		}
		at := path.Child(e.name)
		if len(e.fault.Message) > longestMessage {
			// Upstream's message has another bound than its rule.
			errs = append(errs, field.TooLong(at.Child("message"), "", largest))
		}
		if c := e.fault.ErrorCode; c != nil && *c < 0 {
			errs = append(errs, field.Invalid(at.Child("errorCode"), *c, validation.InclusiveRangeError(0, math.MaxInt32)))
		}
	}
	return errs
}
