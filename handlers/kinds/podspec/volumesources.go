package podspec

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// volumeTypes requires one type of volume. Of emptyDir and hostPath upstream reports the latter, against the order of the fields.
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

// volumeParts has the rules between the fields of a volume source.
func volumeParts(v *corev1.Volume, path *field.Path) (errs field.ErrorList) {
	if v.Projected != nil {
		errs = append(errs, projectedSources(v.Projected, path.Child("projected"))...)
	}
	if d := v.AWSElasticBlockStore; d != nil {
		errs = append(errs, Partition(d.Partition, path.Child("awsElasticBlockStore", "partition"))...)
	}
	if d := v.GCEPersistentDisk; d != nil {
		errs = append(errs, Partition(d.Partition, path.Child("persistentDisk", "partition"))...)
	}
	if v.AzureDisk != nil {
		errs = append(errs, AzureDisk(v.AzureDisk, path.Child("azureDisk"))...)
	}
	if v.Quobyte != nil {
		errs = append(errs, Quobyte(v.Quobyte, path.Child("quobyte"))...)
	}
	if v.Flocker != nil {
		errs = append(errs, Flocker(v.Flocker, path.Child("flocker"))...)
	}
	if v.FlexVolume != nil {
		errs = append(errs, FlexOptions(v.FlexVolume.Options, path.Child("flexVolume"))...)
	}
	if v.StorageOS != nil {
		errs = append(errs, StorageOSNamespace(v.StorageOS.VolumeNamespace, path.Child("storageos"))...)
		if r := v.StorageOS.SecretRef; r != nil {
			errs = append(errs, SecretNamed(r.Name, path.Child("storageos"))...)
		}
	}
	if v.Cinder != nil && v.Cinder.SecretRef != nil {
		errs = append(errs, SecretNamed(v.Cinder.SecretRef.Name, path.Child("cinder"))...)
	}
	if v.ISCSI != nil {
		if text, long := LongISCSI(v.Name, v.ISCSI.TargetPortal, v.ISCSI.InitiatorName); long {
			errs = append(errs, field.Invalid(path.Child("name"), v.Name, text))
		}
	}
	if e := v.Ephemeral; e != nil && e.VolumeClaimTemplate != nil {
		errs = append(errs, claimTemplate(e.VolumeClaimTemplate, path.Child("ephemeral", "volumeClaimTemplate"))...)
	}
	return errs
}
