package core

import (
	"reflect"

	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
)

// volumeType is one type of volume source.
type volumeType struct {
	// field is the Go name in the spec; name is the path of a second type in errors.
	field, name string
	faults      func(s *corev1.PersistentVolumeSpec, volume string, path *field.Path) field.ErrorList
}

// volumeTypes are in upstream's order, in which the first one counts. Their faults are those that the field rules do not have.
var volumeTypes = []volumeType{
	{"HostPath", "hostPath", nil},
	{"GCEPersistentDisk", "gcePersistentDisk", func(s *corev1.PersistentVolumeSpec, _ string, path *field.Path) field.ErrorList {
		return podspec.Partition(s.GCEPersistentDisk.Partition, path.Child("persistentDisk", "partition"))
	}},
	{"AWSElasticBlockStore", "awsElasticBlockStore", func(s *corev1.PersistentVolumeSpec, _ string, path *field.Path) field.ErrorList {
		return podspec.Partition(s.AWSElasticBlockStore.Partition, path.Child("awsElasticBlockStore", "partition"))
	}},
	{"Glusterfs", "glusterfs", glusterNamespace},
	{"Flocker", "flocker", func(s *corev1.PersistentVolumeSpec, _ string, path *field.Path) field.ErrorList {
		return podspec.Flocker(s.Flocker, path.Child("flocker"))
	}},
	{"NFS", "nfs", nil},
	{"RBD", "rbd", nil},
	{"Quobyte", "quobyte", func(s *corev1.PersistentVolumeSpec, _ string, path *field.Path) field.ErrorList {
		return podspec.Quobyte(s.Quobyte, path.Child("quobyte"))
	}},
	{"CephFS", "cephFS", nil},
	{"ISCSI", "iscsi", iscsiVolume},
	{"Cinder", "cinder", func(s *corev1.PersistentVolumeSpec, _ string, path *field.Path) field.ErrorList {
		if r := s.Cinder.SecretRef; r != nil {
			return secretPlace(r.Name, r.Namespace, path.Child("cinder", "secretRef"))
		}
		return nil
	}},
	{"FC", "fc", nil},
	{"FlexVolume", "", func(s *corev1.PersistentVolumeSpec, _ string, path *field.Path) field.ErrorList {
		return podspec.FlexOptions(s.FlexVolume.Options, path.Child("flexVolume"))
	}},
	{"AzureFile", "azureFile", func(s *corev1.PersistentVolumeSpec, _ string, path *field.Path) field.ErrorList {
		if n := s.AzureFile.SecretNamespace; n != nil && *n == "" {
			return field.ErrorList{field.Required(path.Child("azureFile", "secretNamespace"), "")}
		}
		return nil
	}},
	{"VsphereVolume", "vsphereVolume", nil},
	{"PhotonPersistentDisk", "photonPersistentDisk", nil},
	{"PortworxVolume", "portworxVolume", nil},
	{"AzureDisk", "azureDisk", func(s *corev1.PersistentVolumeSpec, _ string, path *field.Path) field.ErrorList {
		return podspec.AzureDisk(s.AzureDisk, path.Child("azureDisk"))
	}},
	{"ScaleIO", "scaleIO", nil},
	{"Local", "local", func(s *corev1.PersistentVolumeSpec, _ string, path *field.Path) field.ErrorList {
		var errs field.ErrorList
		if s.Local.Path == "" {
			errs = append(errs, field.Required(path.Child("local", "path"), ""))
		}
		if s.NodeAffinity == nil {
			errs = append(errs, field.Required(path.Child("nodeAffinity"), "Local volume requires node affinity"))
		}
		return errs
	}},
	{"StorageOS", "storageos", func(s *corev1.PersistentVolumeSpec, _ string, path *field.Path) field.ErrorList {
		at := path.Child("storageos")
		errs := podspec.StorageOSNamespace(s.StorageOS.VolumeNamespace, at)
		if r := s.StorageOS.SecretRef; r != nil {
			errs = append(errs, secretPlace(r.Name, r.Namespace, at.Child("secretRef"))...)
		}
		return errs
	}},
	{"CSI", "csi", func(s *corev1.PersistentVolumeSpec, _ string, path *field.Path) field.ErrorList {
		return csiParts(s.CSI, path.Child("csi"))
	}},
}

// sourceFaults requires one type of volume and validates it.
func sourceFaults(s *corev1.PersistentVolumeSpec, volume string, path *field.Path) (errs field.ErrorList) {
	v, n := reflect.ValueOf(s).Elem(), 0
	for _, t := range volumeTypes {
		if v.FieldByName(t.field).IsNil() {
			continue
		}
		switch {
		case n > 0 && t.name != "":
			errs = append(errs, field.Forbidden(path.Child(t.name), "may not specify more than 1 volume type"))
		case t.faults != nil:
			errs = append(errs, t.faults(s, volume, path)...)
		}
		n++
	}
	if n == 0 {
		errs = append(errs, field.Required(path, "must specify a volume type"))
	}
	return errs
}

// OneSource is a spec for the field rules, which validate only the first of several volume types.
func OneSource(s *corev1.PersistentVolumeSpec) *corev1.PersistentVolumeSpec {
	out, n := *s, 0
	v := reflect.ValueOf(&out).Elem()
	for _, t := range volumeTypes {
		f := v.FieldByName(t.field)
		if f.IsNil() {
			continue
		}
		if n > 0 && t.name != "" {
			f.SetZero()
		}
		n++
	}
	// Upstream reports a missing path of a hostPath and nothing else.
	if h := out.HostPath; h != nil && h.Path == "" {
		out.HostPath = &corev1.HostPathVolumeSource{}
	}
	return &out
}

func glusterNamespace(s *corev1.PersistentVolumeSpec, _ string, path *field.Path) field.ErrorList {
	at, n := path.Child("glusterfs", "endpointsNamespace"), s.Glusterfs.EndpointsNamespace
	switch {
	case n == nil:
		return nil
	case *n == "":
		return field.ErrorList{field.Invalid(at, *n, "if the endpointnamespace is set, it must be a valid namespace name")}
	}
	return kind.DNSLabel(at, *n)
}

// secretPlace requires the name and the namespace of a secret.
func secretPlace(name, namespace string, path *field.Path) (errs field.ErrorList) {
	if name == "" {
		errs = append(errs, field.Required(path.Child("name"), ""))
	}
	if namespace == "" {
		errs = append(errs, field.Required(path.Child("namespace"), ""))
	}
	return errs
}

func iscsiVolume(s *corev1.PersistentVolumeSpec, volume string, path *field.Path) (errs field.ErrorList) {
	v, path := s.ISCSI, path.Child("iscsi")
	if v.TargetPortal == "" {
		errs = append(errs, field.Required(path.Child("targetPortal"), ""))
	}
	if text, long := podspec.LongISCSI(volume, v.TargetPortal, v.InitiatorName); long {
		errs = append(errs, field.Invalid(path.Child("targetportal"), v.TargetPortal, text))
	}
	name := func(s string, at *field.Path) {
		if _, good := podspec.ISCSIName(s); !good {
			errs = append(errs, field.Invalid(at, s, "must be valid format"))
		}
	}
	if v.IQN == "" {
		errs = append(errs, field.Required(path.Child("iqn"), ""))
	} else {
		name(v.IQN, path.Child("iqn"))
	}
	if v.Lun < 0 || v.Lun > 255 {
		errs = append(errs, field.Invalid(path.Child("lun"), v.Lun, utilvalidation.InclusiveRangeError(0, 255)))
	}
	if (v.DiscoveryCHAPAuth || v.SessionCHAPAuth) && v.SecretRef == nil {
		errs = append(errs, field.Required(path.Child("secretRef"), ""))
	}
	if v.SecretRef != nil {
		errs = append(errs, podspec.SecretNamed(v.SecretRef.Name, path)...)
	}
	if v.InitiatorName != nil {
		name(*v.InitiatorName, path.Child("initiatorname"))
	}
	return errs
}

// InlineVolume validates the inline volume spec of a VolumeAttachment.
func InlineVolume(s *corev1.PersistentVolumeSpec, path *field.Path) (errs field.ErrorList) {
	const context = "in the context of inline volumes"
	refuse := func(bad bool, name string) {
		if bad {
			errs = append(errs, field.Forbidden(path.Child(name), "may not be specified "+context))
		}
	}
	refuse(s.ClaimRef != nil, "claimRef")
	refuse(len(s.Capacity) != 0, "capacity")
	if s.CSI == nil {
		errs = append(errs, field.Required(path.Child("csi"), "has to be specified "+context))
	}
	errs = append(errs, modesOf(s.AccessModes, path.Child("accessModes"))...)
	if p := s.PersistentVolumeReclaimPolicy; p != "" && p != "Retain" {
		errs = append(errs, field.Forbidden(path.Child("persistentVolumeReclaimPolicy"), "may only be Retain "+context))
	}
	refuse(s.NodeAffinity != nil, "nodeAffinity")
	errs = append(errs, sourceFaults(s, "", path)...)
	refuse(s.StorageClassName != "", "storageClassName")
	if m := s.VolumeMode; m != nil && *m != "Filesystem" {
		errs = append(errs, field.Forbidden(path.Child("volumeMode"), "may not specify volumeMode other than Filesystem "+context))
	}
	return errs
}

// InlineRuled is an inline volume spec for the field rules.
func InlineRuled(s *corev1.PersistentVolumeSpec) *corev1.PersistentVolumeSpec {
	out := OneSource(s)
	out.PersistentVolumeReclaimPolicy, out.StorageClassName, out.VolumeMode, out.NodeAffinity, out.Capacity = "", "", nil, nil, nil
	return out
}
