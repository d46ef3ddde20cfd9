package podspec

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	rules "github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// quickDriver accepts most names that kind.DriverTitle accepts.
func quickDriver(name string) bool {
	return len(name) <= kind.LongestDriver && rules.QuickSubdomain(name)
}

// csiVolume validates the reference to a secret. Faults of its name are reported at the volume.
func csiVolume(c *corev1.CSIVolumeSource, path *field.Path) field.ErrorList {
	if c.NodePublishSecretRef == nil {
		return nil
	}
	name := c.NodePublishSecretRef.Name
	if name == "" {
		return field.ErrorList{field.Required(path.Child("nodePublishSecretRef", "name"), "")}
	}
	return kind.DNSName(path.Child("name"), name)
}

// nfsPath reports both faults of a path that is missing.
func nfsPath(path *field.Path, s string) (errs field.ErrorList) {
	if s == "" {
		errs = append(errs, field.Required(path, ""))
	}
	if !strings.HasPrefix(s, "/") {
		errs = append(errs, field.Invalid(path, s, "must be an absolute path"))
	}
	return errs
}

// downwardFile requires exactly one source.
func downwardFile(f *corev1.DownwardAPIVolumeFile, path *field.Path) field.ErrorList {
	switch {
	case f.FieldRef == nil && f.ResourceFieldRef == nil:
		return field.ErrorList{field.Required(path, "one of fieldRef and resourceFieldRef is required")}
	case f.FieldRef != nil && f.ResourceFieldRef != nil:
		return field.ErrorList{field.Invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")}
	}
	return nil
}

// ephemeralClaim has the required fields of the claim of an ephemeral volume.
func ephemeralClaim(s *corev1.PersistentVolumeClaimSpec, path *field.Path) (errs field.ErrorList) {
	if len(s.AccessModes) == 0 {
		errs = append(errs, field.Required(path.Child("accessModes"), "at least 1 access mode is required"))
	}
	if _, ok := s.Resources.Requests["storage"]; !ok {
		errs = append(errs, field.Required(path.Child("resources").Key("storage"), ""))
	}
	return errs
}

// iscsiName validates a name in a pod. Persistent volumes have another wording.
func iscsiName(name string, path *field.Path) field.ErrorList {
	switch known, good := ISCSIName(name); {
	case good:
		return nil
	case known:
		return field.ErrorList{field.Invalid(path, name, "must be valid format")}
	}
	return field.ErrorList{field.Invalid(path, name, "must be valid format starting with iqn, eui, or naa")}
}

func iscsiVolume(v *corev1.ISCSIVolumeSource, path *field.Path) (errs field.ErrorList) {
	if v.TargetPortal == "" {
		errs = append(errs, field.Required(path.Child("targetPortal"), ""))
	}
	if v.IQN == "" {
		errs = append(errs, field.Required(path.Child("iqn"), ""))
	} else {
		errs = append(errs, iscsiName(v.IQN, path.Child("iqn"))...)
	}
	errs = append(errs, lun(v.Lun, path)...)
	if (v.DiscoveryCHAPAuth || v.SessionCHAPAuth) && v.SecretRef == nil {
		errs = append(errs, field.Required(path.Child("secretRef"), ""))
	}
	if v.InitiatorName != nil {
		errs = append(errs, iscsiName(*v.InitiatorName, path.Child("initiatorname"))...)
	}
	return errs
}

func fcVolume(v *corev1.FCVolumeSource, path *field.Path) (errs field.ErrorList) {
	at := path.Child("targetWWNs")
	switch {
	case len(v.TargetWWNs) == 0 && len(v.WWIDs) == 0:
		errs = append(errs, field.Required(at, "must specify either targetWWNs or wwids, but not both"))
	case len(v.TargetWWNs) > 0 && len(v.WWIDs) > 0:
		errs = append(errs, field.Invalid(at, v.TargetWWNs, "targetWWNs and wwids can not be specified simultaneously"))
	}
	switch {
	case len(v.TargetWWNs) == 0:
	case v.Lun == nil:
		errs = append(errs, field.Required(path.Child("lun"), "lun is required if targetWWNs is specified"))
	default:
		errs = append(errs, lun(*v.Lun, path)...)
	}
	return errs
}

func lun(n int32, path *field.Path) field.ErrorList {
	if n >= 0 && n <= 255 {
		return nil
	}
	return field.ErrorList{field.Invalid(path.Child("lun"), n, validation.InclusiveRangeError(0, 255))}
}

// podClaim requires the name of a claim or of a template, not both.
func podClaim(c *corev1.PodResourceClaim, path *field.Path) field.ErrorList {
	value := display.Value(c)
	switch {
	case c.ResourceClaimName != nil && c.ResourceClaimTemplateName != nil:
		return field.ErrorList{field.Invalid(path, value, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified")}
	case c.ResourceClaimName == nil && c.ResourceClaimTemplateName == nil:
		return field.ErrorList{field.Invalid(path, value, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")}
	}
	return nil
}

// accessModes are reported at the list.
func accessModes(l *[]string, path *field.Path) (errs field.ErrorList) {
	modes := []string{"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"}
	for _, m := range *l {
		if !slices.Contains(modes, m) {
			errs = append(errs, field.NotSupported(path, m, modes))
		}
	}
	return errs
}

// sizeLimit of an emptyDir has its own wording for a negative quantity.
func sizeLimit(q *resource.Quantity, path *field.Path) field.ErrorList {
	if q.Sign() < 0 {
		return field.ErrorList{field.Forbidden(path, "SizeLimit field must be a valid resource quantity")}
	}
	return nil
}
