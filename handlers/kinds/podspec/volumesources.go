package podspec

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/validation"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// volumeTypes wants one type of volume. Of two, the one is told that the original comes to last: not the order of the fields.
func volumeTypes(v *corev1.Volume, path *field.Path) field.ErrorList {
	if v.EmptyDir == nil || v.HostPath == nil {
		return kind.OneOf(v, path, severalTypes, "must specify a volume type", "Name")
	}
	rest := *v
	rest.EmptyDir = nil
	errs := field.ErrorList{field.Forbidden(path.Child("hostPath"), severalTypes)}
	return append(errs, kind.OneOf(&rest, path, severalTypes, "", "Name")...)
}

const severalTypes = "may not specify more than 1 volume type"

// volumeParts finds what spans the fields of a volume's source.
func volumeParts(v *corev1.Volume, path *field.Path) (errs field.ErrorList) {
	if v.Projected != nil {
		errs = append(errs, projectedPaths(v.Projected, path.Child("projected"))...)
	}
	if d := v.AWSElasticBlockStore; d != nil {
		errs = append(errs, partition(d.Partition, path.Child("awsElasticBlockStore", "partition"))...)
	}
	if d := v.GCEPersistentDisk; d != nil {
		errs = append(errs, partition(d.Partition, path.Child("persistentDisk", "partition"))...)
	}
	if v.AzureDisk != nil {
		errs = append(errs, azureDisk(v.AzureDisk, path.Child("azureDisk"))...)
	}
	if e := v.Ephemeral; e != nil && e.VolumeClaimTemplate != nil {
		meta := path.Child("ephemeral", "volumeClaimTemplate", "metadata")
		errs = append(errs, metavalidation.ValidateLabels(e.VolumeClaimTemplate.Labels, meta.Child("labels"))...)
		errs = append(errs, validation.ValidateAnnotations(e.VolumeClaimTemplate.Annotations, meta.Child("annotations"))...)
	}
	return errs
}

// projectedPaths: no two sources may put something at the same place.
func projectedPaths(p *corev1.ProjectedVolumeSource, path *field.Path) (errs field.ErrorList) {
	taken := map[string]bool{}
	take := func(file, shown string) {
		if file == "" {
			return
		}
		if taken[file] {
			errs = append(errs, field.Invalid(path, shown, "conflicting duplicate paths"))
		}
		taken[file] = true
	}
	for _, s := range p.Sources {
		if s.Secret != nil {
			for _, i := range s.Secret.Items {
				take(i.Path, s.Secret.Name)
			}
		}
		if s.ConfigMap != nil {
			for _, i := range s.ConfigMap.Items {
				take(i.Path, s.ConfigMap.Name)
			}
		}
		if s.DownwardAPI != nil {
			for _, i := range s.DownwardAPI.Items {
				take(i.Path, i.Path)
			}
		}
	}
	return errs
}

func partition(n int32, path *field.Path) field.ErrorList {
	if n >= 0 && n <= 255 {
		return nil
	}
	return field.ErrorList{field.Invalid(path, n, utilvalidation.InclusiveRangeError(1, 255))}
}

func azureDisk(d *corev1.AzureDiskVolumeSource, path *field.Path) (errs field.ErrorList) {
	if d.DiskName == "" {
		errs = append(errs, field.Required(path.Child("diskName"), ""))
	}
	at := path.Child("diskURI")
	if d.DataDiskURI == "" {
		errs = append(errs, field.Required(at, ""))
	}
	switch {
	case d.Kind == nil:
	case *d.Kind == "Managed" && !strings.HasPrefix(d.DataDiskURI, "/subscriptions/"):
		errs = append(errs, field.NotSupported(at, d.DataDiskURI, []string{"/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"}))
	case *d.Kind != "Managed" && !strings.HasPrefix(d.DataDiskURI, "https://"):
		errs = append(errs, field.NotSupported(at, d.DataDiskURI, []string{"https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"}))
	}
	return errs
}
