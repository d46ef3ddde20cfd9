package core

import (
	"context"
	"maps"
	"path"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var persistentVolumes = kind.Kind{
	Group: group, Resource: "persistentvolumes",
	Strategy:     persistentVolume,
	Subresources: map[string]kind.Strategy{"status": persistentVolumeStatus},
	Defaults:     map[string]func(object.Object){"v1": kind.OnDefault(defaultVolume)},
	Cells:        volumeCells,
}

func persistentVolume(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	anyAffinity := d.Features.Enabled("MutablePVNodeAffinity")
	s.PrepareForCreate = kind.OnCreate(func(_ context.Context, _ *resource.Attempt, pv *corev1.PersistentVolume) error {
		now := metav1.NewTime(d.Now().Truncate(time.Second))
		pv.Status = corev1.PersistentVolumeStatus{Phase: "Pending", LastPhaseTransitionTime: &now}
		return nil
	})
	s.Ruled = func(o object.Object, _ bool) object.Object {
		pv, ok := o.(*corev1.PersistentVolume)
		if !ok {
			return o
		}
		out := *pv
		out.Spec = *OneSource(&pv.Spec)
		return &out
	}
	s.Validate = kind.Check(func(pv *corev1.PersistentVolume) field.ErrorList {
		errs := append(volumeSpec(&pv.Spec, spec), sourceFaults(&pv.Spec, pv.Name, spec)...)
		return append(errs, volumeClass(&pv.Spec, spec)...)
	})
	s.Warnings = kind.Warn(func(pv, _ *corev1.PersistentVolume) []string { return volumeWarnings(pv) })
	s.ValidateUpdate = kind.CheckUpdate(func(pv, old *corev1.PersistentVolume) (errs field.ErrorList) {
		now, was := volumeSource(&pv.Spec), volumeSource(&old.Spec)
		if now.CSI != nil && was.CSI != nil && was.CSI.ControllerExpandSecretRef == nil {
			c := *now.CSI
			c.ControllerExpandSecretRef = nil
			now.CSI = &c
		}
		if !equality.Semantic.DeepEqual(now, was) {
			errs = append(errs, field.Forbidden(field.NewPath("spec", "persistentvolumesource"), "spec.persistentvolumesource is immutable after creation\n"+display.Diff(display.VolumeSource(was), display.VolumeSource(now))))
		}
		errs = append(errs, kind.Unchanged(pv.Spec.VolumeMode, old.Spec.VolumeMode, field.NewPath("volumeMode"))...)
		if old.Spec.NodeAffinity != nil && !anyAffinity && !equality.Semantic.DeepEqual(withoutBeta(pv.Spec.NodeAffinity), withoutBeta(old.Spec.NodeAffinity)) {
			errs = append(errs, field.Invalid(field.NewPath("nodeAffinity"), display.Value(pv.Spec.NodeAffinity), kind.Immutable+", except for updating from beta label to GA"))
		}
		if old.Spec.VolumeAttributesClassName != nil && pv.Spec.VolumeAttributesClassName == nil {
			errs = append(errs, field.Forbidden(field.NewPath("spec", "volumeAttributesClassName"), "update from non-nil value to nil is forbidden"))
		}
		return errs
	})
}

// volumeSource is the part of a volume's spec with its source.
func volumeSource(s *corev1.PersistentVolumeSpec) corev1.PersistentVolumeSpec {
	out := *s
	out.Capacity, out.AccessModes, out.ClaimRef, out.PersistentVolumeReclaimPolicy = nil, nil, nil, ""
	out.StorageClassName, out.MountOptions, out.VolumeMode, out.NodeAffinity, out.VolumeAttributesClassName = "", nil, nil, nil, nil
	return out
}

// betaLabels are deprecated node labels, which the node affinity of a volume may replace by the new ones.
var betaLabels = map[string]string{
	"failure-domain.beta.kubernetes.io/zone":   "topology.kubernetes.io/zone",
	"failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
	"beta.kubernetes.io/os":                    "kubernetes.io/os",
	"beta.kubernetes.io/arch":                  "kubernetes.io/arch",
	"beta.kubernetes.io/instance-type":         "node.kubernetes.io/instance-type",
}

func withoutBeta(a *corev1.VolumeNodeAffinity) *corev1.VolumeNodeAffinity {
	if a == nil || a.Required == nil {
		return a
	}
	a = a.DeepCopy()
	for i := range a.Required.NodeSelectorTerms {
		for j := range a.Required.NodeSelectorTerms[i].MatchExpressions {
			e := &a.Required.NodeSelectorTerms[i].MatchExpressions[j]
			if name, ok := betaLabels[e.Key]; ok {
				e.Key = name
			}
		}
	}
	return a
}

func persistentVolumeStatus(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareStatus = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, pv, old *corev1.PersistentVolume) error {
		now, was := &pv.Status, &old.Status
		switch {
		case now.Phase == was.Phase && now.LastPhaseTransitionTime == nil:
			now.LastPhaseTransitionTime = was.LastPhaseTransitionTime
		case now.Phase != was.Phase && (now.LastPhaseTransitionTime == nil || now.LastPhaseTransitionTime.Equal(was.LastPhaseTransitionTime)):
			t := metav1.NewTime(d.Now().Truncate(time.Second))
			now.LastPhaseTransitionTime = &t
		}
		return nil
	})
}

// volumeSpec are the faults before those of the source.
func volumeSpec(s *corev1.PersistentVolumeSpec, at *field.Path) field.ErrorList {
	errs := modesOf(s.AccessModes, at.Child("accessModes"))
	capacity := at.Child("capacity")
	if len(s.Capacity) == 0 {
		errs = append(errs, field.Required(capacity, ""))
	}
	if _, ok := s.Capacity["storage"]; !ok || len(s.Capacity) > 1 {
		errs = append(errs, field.NotSupported(capacity, any(s.Capacity), []string{"storage"}))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Capacity)) {
		if q := s.Capacity[name]; q.Sign() <= 0 {
			if q.Sign() < 0 {
				errs = append(errs, field.Invalid(capacity.Key(name), q.Value(), "must be a valid resource quantity"))
			}
			errs = append(errs, field.Invalid(capacity.Key(name), q.String(), "must be greater than zero"))
		}
	}
	if s.NodeAffinity != nil && s.NodeAffinity.Required == nil {
		errs = append(errs, field.Required(at.Child("nodeAffinity", "required"), "must specify required node constraints"))
	}
	return errs
}

// modesOf requires an access mode, and ReadWriteOncePod to be the only one. The values are in the model.
func modesOf(modes []string, at *field.Path) (errs field.ErrorList) {
	if len(modes) == 0 {
		return field.ErrorList{field.Required(at, "")}
	}
	alone, others := false, false
	for _, m := range modes {
		alone = alone || m == "ReadWriteOncePod"
		others = others || m == "ReadWriteOnce" || m == "ReadOnlyMany" || m == "ReadWriteMany"
	}
	if alone && others {
		errs = append(errs, field.Forbidden(at, "may not use ReadWriteOncePod with other access modes"))
	}
	return errs
}

// volumeClass are the faults after those of the source.
func volumeClass(s *corev1.PersistentVolumeSpec, at *field.Path) (errs field.ErrorList) {
	if s.HostPath != nil && path.Clean(s.HostPath.Path) == "/" && s.PersistentVolumeReclaimPolicy == "Recycle" {
		errs = append(errs, field.Forbidden(at.Child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'"))
	}
	if c := s.VolumeAttributesClassName; c != nil {
		class := at.Child("volumeAttributesClassName")
		if *c == "" {
			errs = append(errs, field.Required(class, "an empty string is disallowed"))
		} else {
			errs = append(errs, kind.DNSName(class, *c)...)
		}
		if s.CSI == nil {
			errs = append(errs, field.Required(at.Child("csi"), "has to be specified when using volumeAttributesClassName"))
		}
	}
	return errs
}

func csiParts(s *corev1.CSIPersistentVolumeSource, at *field.Path) field.ErrorList {
	errs := kind.DriverTitle(at.Child("driver"), s.Driver)
	if s.VolumeHandle == "" {
		errs = append(errs, field.Required(at.Child("volumeHandle"), ""))
	}
	for _, r := range []struct {
		name string
		ref  *corev1.SecretReference
	}{{"controllerPublishSecretRef", s.ControllerPublishSecretRef}, {"controllerExpandSecretRef", s.ControllerExpandSecretRef},
		{"nodePublishSecretRef", s.NodePublishSecretRef}, {"nodeExpandSecretRef", s.NodeExpandSecretRef}} {
		if r.ref != nil {
			errs = append(errs, kind.Needed(at.Child(r.name, "name"), r.ref.Name, kind.DNSName)...)
			errs = append(errs, kind.Needed(at.Child(r.name, "namespace"), r.ref.Namespace, kind.DNSLabel)...)
		}
	}
	return errs
}

// defaultVolume sets the defaults of the spec here and not in the model, because VolumeAttachments have the same spec without
// defaults.
func defaultVolume(v *corev1.PersistentVolume) {
	v.SetDefaults()
	if v.Spec.PersistentVolumeReclaimPolicy == "" {
		v.Spec.PersistentVolumeReclaimPolicy = "Retain"
	}
	kind.SetIfNil(&v.Spec.VolumeMode, "Filesystem")
}

const (
	oldClass   = "volume.beta.kubernetes.io/storage-class"
	oldOptions = "volume.beta.kubernetes.io/mount-options"
	useClass   = `deprecated since v1.8; use "storageClassName" attribute instead`
	useOptions = `deprecated since v1.31; use "mountOptions" attribute instead`
)

func volumeWarnings(o *corev1.PersistentVolume) (out []string) {
	for _, a := range []struct{ key, message string }{{oldClass, useClass}, {oldOptions, useOptions}} {
		if _, ok := o.Annotations[a.key]; ok {
			out = append(out, kind.Said(field.NewPath("metadata", "annotations").Key(a.key), "%s", a.message))
		}
	}
	s := &o.Spec
	if s.PersistentVolumeReclaimPolicy == "Recycle" {
		out = append(out, kind.Said(spec.Child("persistentVolumeReclaimPolicy"), "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning."))
	}
	if s.NodeAffinity != nil && s.NodeAffinity.Required != nil {
		for i := range s.NodeAffinity.Required.NodeSelectorTerms {
			out = append(out, podspec.NodeTermWarnings(&s.NodeAffinity.Required.NodeSelectorTerms[i], false, spec.Child("nodeAffinity", "required", "nodeSelectorTerms").Index(i))...)
		}
	}
	return append(out, podspec.DriverWarnings(spec, podspec.Driver("cephfs", s.CephFS != nil, podspec.Gone31), podspec.Driver("photonPersistentDisk", s.PhotonPersistentDisk != nil, podspec.Gone16),
		podspec.Driver("scaleIO", s.ScaleIO != nil, podspec.Gone22), podspec.Driver("storageOS", s.StorageOS != nil, podspec.Gone25), podspec.Driver("glusterfs", s.Glusterfs != nil, podspec.Gone26),
		podspec.Driver("rbd", s.RBD != nil, podspec.Gone31))...)
}
