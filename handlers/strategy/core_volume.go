package strategy

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func persistentVolumes(d *Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForCreate = onCreate(func(_ context.Context, _ *resource.Attempt, pv *corev1.PersistentVolume) error {
		now := metav1.NewTime(d.Now().Truncate(time.Second))
		pv.Status = corev1.PersistentVolumeStatus{Phase: "Pending", LastPhaseTransitionTime: &now}
		return nil
	})
	s.Validate = check(func(pv *corev1.PersistentVolume) field.ErrorList {
		source := volumeSource(&pv.Spec)
		return oneOf(&source, field.NewPath("spec"), "may not specify more than 1 volume type", "must specify a volume type",
			"ClaimRef", "VolumeMode", "NodeAffinity", "VolumeAttributesClassName")
	})
	s.ValidateUpdate = checkUpdate(func(pv, old *corev1.PersistentVolume) (errs field.ErrorList) {
		now, was := volumeSource(&pv.Spec), volumeSource(&old.Spec)
		if now.CSI != nil && was.CSI != nil && was.CSI.ControllerExpandSecretRef == nil {
			c := *now.CSI
			c.ControllerExpandSecretRef = nil
			now.CSI = &c
		}
		if !equality.Semantic.DeepEqual(now, was) {
			errs = append(errs, field.Forbidden(field.NewPath("spec", "persistentvolumesource"), "spec.persistentvolumesource is immutable after creation\n"+specDiff(was, now)))
		}
		errs = append(errs, unchanged(pv.Spec.VolumeMode, old.Spec.VolumeMode, field.NewPath("volumeMode"))...)
		if old.Spec.NodeAffinity != nil {
			if !equality.Semantic.DeepEqual(withoutBeta(pv.Spec.NodeAffinity), withoutBeta(old.Spec.NodeAffinity)) {
				errs = append(errs, field.Invalid(field.NewPath("nodeAffinity"), display(pv.Spec.NodeAffinity), immutable+", except for updating from beta label to GA"))
			}
		}
		if old.Spec.VolumeAttributesClassName != nil && pv.Spec.VolumeAttributesClassName == nil {
			errs = append(errs, field.Forbidden(field.NewPath("spec", "volumeAttributesClassName"), "update from non-nil value to nil is forbidden"))
		}
		return errs
	})
}

// volumeSource is the part of a volume that says where the bytes are.
func volumeSource(s *corev1.PersistentVolumeSpec) corev1.PersistentVolumeSpec {
	out := *s
	out.Capacity, out.AccessModes, out.ClaimRef, out.PersistentVolumeReclaimPolicy = nil, nil, nil, ""
	out.StorageClassName, out.MountOptions, out.VolumeMode, out.NodeAffinity, out.VolumeAttributesClassName = "", nil, nil, nil, nil
	return out
}

// betaLabels are the old names of labels of nodes; a volume's affinity may go from the old to the new.
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

func persistentVolumeStatus(d *Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareStatus = onUpdate(func(_ context.Context, _ *resource.Attempt, pv, old *corev1.PersistentVolume) error {
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

func claims(d *Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForCreate = onCreate(func(_ context.Context, _ *resource.Attempt, c *corev1.PersistentVolumeClaim) error {
		c.Status = corev1.PersistentVolumeClaimStatus{} // readers find its phase by default
		dropForeignSource(d, &c.Spec, nil)
		legacySource(&c.Spec, nil)
		normalizeSources(&c.Spec)
		return nil
	})
	s.PrepareForUpdate = onUpdate(func(_ context.Context, _ *resource.Attempt, c, old *corev1.PersistentVolumeClaim) error {
		dropForeignSource(d, &c.Spec, &old.Spec)
		legacySource(&c.Spec, &old.Spec)
		normalizeSources(&c.Spec)
		return nil
	})
	s.Validate = check(func(c *corev1.PersistentVolumeClaim) field.ErrorList {
		return claimSpec(&c.Spec, field.NewPath("spec"))
	})
	s.ValidateUpdate = checkUpdate(validateClaimUpdate)
}

// dropForeignSource: a source in another namespace is behind a gate. Without its namespace it would be another source, so all of
// it is dropped, unless the claim has a source already.
func dropForeignSource(d *Deps, spec, old *corev1.PersistentVolumeClaimSpec) {
	if foreignSource(spec) && !d.Features.Enabled("CrossNamespaceVolumeDataSource") && (old == nil || old.DataSourceRef == nil) {
		spec.DataSourceRef = nil
	}
}

func foreignSource(spec *corev1.PersistentVolumeClaimSpec) bool {
	return spec.DataSourceRef != nil && spec.DataSourceRef.Namespace != nil && *spec.DataSourceRef.Namespace != ""
}

func claimSpec(spec *corev1.PersistentVolumeClaimSpec, path *field.Path) (errs field.ErrorList) {
	if len(spec.AccessModes) == 0 {
		errs = append(errs, field.Required(path.Child("accessModes"), "at least 1 access mode is required"))
	}
	once, other := false, false
	for _, m := range spec.AccessModes {
		if m == "ReadWriteOncePod" {
			once = true
		} else {
			other = true
		}
	}
	if once && other {
		errs = append(errs, field.Forbidden(path.Child("accessModes"), "may not use ReadWriteOncePod with other access modes"))
	}
	at := path.Child("resources").Key("storage")
	if q, ok := spec.Resources.Requests["storage"]; !ok {
		errs = append(errs, field.Required(at, ""))
	} else if q.Sign() <= 0 {
		errs = append(errs, field.Invalid(at, q.String(), "must be greater than zero"))
	}
	switch {
	case spec.DataSource == nil || spec.DataSourceRef == nil:
	case foreignSource(spec):
		errs = append(errs, field.Invalid(path, path.Child("dataSource"), "may not be specified when dataSourceRef.namespace is specified"))
	case !sameSource(spec.DataSource, spec.DataSourceRef):
		errs = append(errs, field.Invalid(path, path.Child("dataSource"), "must match dataSourceRef"))
	}
	return errs
}

func sameSource(a *corev1.TypedLocalObjectReference, b *corev1.TypedObjectReference) bool {
	return a.Kind == b.Kind && a.Name == b.Name && equality.Semantic.DeepEqual(a.APIGroup, b.APIGroup)
}

// legacySource drops what the old field dataSource has never accepted: anything but claims and snapshots.
func legacySource(spec, old *corev1.PersistentVolumeClaimSpec) {
	if spec.DataSource == nil || spec.DataSourceRef != nil || old != nil && (old.DataSource != nil || old.DataSourceRef != nil) {
		return
	}
	group := ""
	if spec.DataSource.APIGroup != nil {
		group = *spec.DataSource.APIGroup
	}
	if spec.DataSource.Kind == "PersistentVolumeClaim" && group == "" || spec.DataSource.Kind == "VolumeSnapshot" && group == "snapshot.storage.k8s.io" {
		return
	}
	spec.DataSource = nil
}

// normalizeSources keeps the old and the new field for a data source the same.
func normalizeSources(spec *corev1.PersistentVolumeClaimSpec) {
	switch {
	case spec.DataSource != nil && spec.DataSourceRef == nil:
		spec.DataSourceRef = &corev1.TypedObjectReference{APIGroup: spec.DataSource.APIGroup, Kind: spec.DataSource.Kind, Name: spec.DataSource.Name}
	case spec.DataSourceRef != nil && spec.DataSource == nil && !foreignSource(spec):
		spec.DataSource = &corev1.TypedLocalObjectReference{APIGroup: spec.DataSourceRef.APIGroup, Kind: spec.DataSourceRef.Kind, Name: spec.DataSourceRef.Name}
	}
}

// validateClaimUpdate: a claim is fixed once made, except that it gets its volume once, and grows and changes its class of
// attributes when it is bound. A growth that failed may be taken back down to what is there.
func validateClaimUpdate(c, old *corev1.PersistentVolumeClaim) (errs field.ErrorList) {
	path := field.NewPath("spec")
	now, was := object.Copy(c).Spec, object.Copy(old).Spec
	normalizeSources(&was)
	if was.VolumeName == "" {
		was.VolumeName = now.VolumeName
	}
	const beta = "volume.beta.kubernetes.io/storage-class"
	if was.StorageClassName == nil && now.StorageClassName != nil && *now.StorageClassName != "" {
		if class, ok := old.Annotations[beta]; !ok || class == *now.StorageClassName {
			now.StorageClassName = nil
		}
	}
	if c.Annotations[beta] != old.Annotations[beta] && !(now.StorageClassName == nil && c.Spec.StorageClassName != nil) {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "annotations").Key(beta), c.Annotations[beta], immutable))
	}
	if c.Status.Phase == "Bound" {
		if size, ok := was.Resources.Requests["storage"]; ok && now.Resources.Requests != nil {
			now.Resources.Requests["storage"] = size
		}
		now.VolumeAttributesClassName = was.VolumeAttributesClassName
	}
	if !equality.Semantic.DeepEqual(now, was) {
		errs = append(errs, field.Forbidden(path, "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"+specDiff(was, now)))
	}
	size, oldSize, actual := c.Spec.Resources.Requests["storage"], old.Spec.Resources.Requests["storage"], old.Status.Capacity["storage"]
	if size.Cmp(oldSize) < 0 && size.Cmp(actual) <= 0 {
		errs = append(errs, field.Forbidden(path.Child("resources", "requests", "storage"), "field can not be less than status.capacity"))
	}
	errs = append(errs, unchanged(c.Spec.VolumeMode, old.Spec.VolumeMode, field.NewPath("volumeMode"))...)
	if class := c.Spec.VolumeAttributesClassName; old.Status.CurrentVolumeAttributesClassName != nil && !equality.Semantic.DeepEqual(class, old.Spec.VolumeAttributesClassName) {
		at := path.Child("volumeAttributesClassName")
		if class == nil {
			errs = append(errs, field.Forbidden(at, "update to nil is forbidden when status.currentVolumeAttributesClassName is not nil"))
		} else if *class == "" {
			errs = append(errs, field.Forbidden(at, "update to empty string is forbidden when status.currentVolumeAttributesClassName is not nil"))
		}
	}
	return errs
}
