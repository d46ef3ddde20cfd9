package validation

import (
	"path"
	"reflect"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
)

const maxDriverName = 63

// csiDriver is a name of at most 63 bytes that is a domain but for its case.
var csiDriver = rule{
	ok: func(v reflect.Value, _ string) bool {
		return len(v.String()) <= maxDriverName && quickSubdomain(v.String())
	},
	errors: func(path *field.Path, v reflect.Value, _ string) (errs field.ErrorList) {
		if v.Len() == 0 {
			return field.ErrorList{field.Required(path, "")}
		}
		if v.Len() > maxDriverName {
			errs = append(errs, field.TooLong(path, "", maxDriverName))
		}
		return append(errs, invalid(path, v, validation.IsDNS1123Subdomain(strings.ToLower(v.String()))...)...)
	},
}

// csiVolume judges the reference to a secret; what is wrong with its name is reported at the volume.
func csiVolume(c *corev1.CSIVolumeSource, path *field.Path) field.ErrorList {
	if c.NodePublishSecretRef == nil {
		return nil
	}
	name := c.NodePublishSecretRef.Name
	if name == "" {
		return field.ErrorList{field.Required(path.Child("nodePublishSecretRef", "name"), "")}
	}
	return invalid(path.Child("name"), reflect.ValueOf(name), validation.IsDNS1123Subdomain(name)...)
}

// nfsPath says both when nothing is there.
var nfsPath = rule{
	ok: func(v reflect.Value, _ string) bool { return path.IsAbs(v.String()) },
	errors: func(at *field.Path, v reflect.Value, _ string) (errs field.ErrorList) {
		if v.Len() == 0 {
			errs = append(errs, field.Required(at, ""))
		}
		return append(errs, invalid(at, v, "must be an absolute path")...)
	},
}

// downwardFile has one source.
func downwardFile(f *corev1.DownwardAPIVolumeFile, path *field.Path) field.ErrorList {
	switch {
	case f.FieldRef == nil && f.ResourceFieldRef == nil:
		return field.ErrorList{field.Required(path, "one of fieldRef and resourceFieldRef is required")}
	case f.FieldRef != nil && f.ResourceFieldRef != nil:
		return field.ErrorList{field.Invalid(path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")}
	}
	return nil
}

// ephemeralClaim says what a claim must ask for, where a volume makes the claim.
func ephemeralClaim(s *corev1.PersistentVolumeClaimSpec, path *field.Path) (errs field.ErrorList) {
	if len(s.AccessModes) == 0 {
		errs = append(errs, field.Required(path.Child("accessModes"), "at least 1 access mode is required"))
	}
	if _, ok := s.Resources.Requests["storage"]; !ok {
		errs = append(errs, field.Required(path.Child("resources").Key("storage"), ""))
	}
	return errs
}

// The three kinds of names that iSCSI knows.
var iscsiNames = []struct {
	prefix  string
	pattern *regexp.Regexp
}{
	{"iqn", regexp.MustCompile(`iqn\.\d{4}-\d{2}\.([[:alnum:]-.]+)(:[^,;*&$|\s]+)$`)},
	{"eui", regexp.MustCompile(`^eui.[[:alnum:]]{16}$`)},
	{"naa", regexp.MustCompile(`^naa.[[:alnum:]]{32}$`)},
}

func iscsiName(name string) string {
	for _, n := range iscsiNames {
		if strings.HasPrefix(name, n.prefix) {
			if n.pattern.MatchString(name) {
				return ""
			}
			return "must be valid format"
		}
	}
	return "must be valid format starting with iqn, eui, or naa"
}

func iscsiVolume(v *corev1.ISCSIVolumeSource, path *field.Path) (errs field.ErrorList) {
	if v.TargetPortal == "" {
		errs = append(errs, field.Required(path.Child("targetPortal"), ""))
	}
	if v.IQN == "" {
		errs = append(errs, field.Required(path.Child("iqn"), ""))
	} else if msg := iscsiName(v.IQN); msg != "" {
		errs = append(errs, field.Invalid(path.Child("iqn"), v.IQN, msg))
	}
	errs = append(errs, lun(v.Lun, path)...)
	if (v.DiscoveryCHAPAuth || v.SessionCHAPAuth) && v.SecretRef == nil {
		errs = append(errs, field.Required(path.Child("secretRef"), ""))
	}
	if v.InitiatorName != nil {
		if msg := iscsiName(*v.InitiatorName); msg != "" {
			errs = append(errs, field.Invalid(path.Child("initiatorname"), *v.InitiatorName, msg))
		}
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

// podClaim names one claim or one template for it.
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
