package podspec

import (
	"net"
	"regexp"
	"strings"

	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// The drivers of volumes that pods and persistent volumes both have.

// Partition of a disk. Upstream accepts 0, although the message says 1.
func Partition(n int32, path *field.Path) field.ErrorList {
	if n >= 0 && n <= 255 {
		return nil
	}
	return field.ErrorList{field.Invalid(path, n, utilvalidation.InclusiveRangeError(1, 255))}
}

// AzureDisk validates the URI of a disk by its kind.
func AzureDisk(d *corev1.AzureDiskVolumeSource, path *field.Path) (errs field.ErrorList) {
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

const portPairs = "must be a host:port pair or multiple pairs separated by commas"

// Quobyte validates registries, tenant and volume.
func Quobyte(q *corev1.QuobyteVolumeSource, path *field.Path) (errs field.ErrorList) {
	switch at := path.Child("registry"); {
	case q.Registry == "":
		errs = append(errs, field.Required(at, portPairs))
	case len(q.Tenant) > 64:
		errs = append(errs, field.Required(path.Child("tenant"), "must be a UUID and may not exceed a length of 64 characters"))
	default:
		for pair := range strings.SplitSeq(q.Registry, ",") {
			if _, _, err := net.SplitHostPort(pair); err != nil {
				errs = append(errs, field.Invalid(at, q.Registry, portPairs))
			}
		}
	}
	if q.Volume == "" {
		errs = append(errs, field.Required(path.Child("volume"), ""))
	}
	return errs
}

// Flocker requires the name or the UUID of a dataset.
func Flocker(f *corev1.FlockerVolumeSource, path *field.Path) (errs field.ErrorList) {
	switch {
	case f.DatasetName == "" && f.DatasetUUID == "":
		errs = append(errs, field.Required(path, "one of datasetName and datasetUUID is required"))
	case f.DatasetName != "" && f.DatasetUUID != "":
		errs = append(errs, field.Invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously"))
	}
	if strings.Contains(f.DatasetName, "/") {
		errs = append(errs, field.Invalid(path.Child("datasetName"), f.DatasetName, "must not contain '/'"))
	}
	return errs
}

// FlexOptions forbids options in the namespaces of Kubernetes.
func FlexOptions(options map[string]string, path *field.Path) (errs field.ErrorList) {
	for _, k := range kind.SortedKeys(options) {
		namespace, _, _ := strings.Cut(k, "/")
		if n := "." + strings.ToLower(namespace); strings.HasSuffix(n, ".kubernetes.io") || strings.HasSuffix(n, ".k8s.io") {
			errs = append(errs, field.Invalid(path.Child("options").Key(k), k, "kubernetes.io and k8s.io namespaces are reserved"))
		}
	}
	return errs
}

// StorageOSNamespace is a DNS label, or empty.
func StorageOSNamespace(namespace string, path *field.Path) field.ErrorList {
	if namespace == "" {
		return nil
	}
	return kind.DNSLabel(path.Child("volumeNamespace"), namespace)
}

// SecretNamed requires the name of a secret.
func SecretNamed(name string, path *field.Path) field.ErrorList {
	if name != "" {
		return nil
	}
	return field.ErrorList{field.Required(path.Child("secretRef", "name"), "")}
}

// iscsiNames are the formats of iSCSI names by their prefixes.
var iscsiNames = map[string]*regexp.Regexp{
	"iqn": regexp.MustCompile(`iqn\.\d{4}-\d{2}\.([[:alnum:]-.]+)(:[^,;*&$|\s]+)$`),
	"eui": regexp.MustCompile(`^eui.[[:alnum:]]{16}$`),
	"naa": regexp.MustCompile(`^naa.[[:alnum:]]{32}$`),
}

// ISCSIName reports whether a name has a known prefix, and whether it has the format of that prefix.
func ISCSIName(name string) (known, good bool) {
	if len(name) < 3 {
		return false, false
	}
	pattern, known := iscsiNames[name[:3]]
	return known, known && pattern.MatchString(name)
}

// LongISCSI limits the length of <volume name>:<target portal> if there is an initiator name.
func LongISCSI(volume, portal string, initiator *string) (string, bool) {
	const text = "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified."
	return text, initiator != nil && len(volume)+1+len(portal) > 64
}
