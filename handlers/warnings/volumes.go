package warnings

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// What became of the drivers of volumes that were part of the original.
const (
	gone16 = "deprecated in v1.11, non-functional in v1.16+"
	gone22 = "deprecated in v1.16, non-functional in v1.22+"
	gone25 = "deprecated in v1.22, non-functional in v1.25+"
	gone26 = "deprecated in v1.25, non-functional in v1.26+"
	gone31 = "deprecated in v1.28, non-functional in v1.31+"
	noRepo = "deprecated in v1.11, and disabled by default in v1.33+"

	oldClass   = "volume.beta.kubernetes.io/storage-class"
	oldOptions = "volume.beta.kubernetes.io/mount-options"
	useClass   = `deprecated since v1.8; use "storageClassName" attribute instead`
	useOptions = `deprecated since v1.31; use "mountOptions" attribute instead`
)

// driver is one of those, and whether an object uses it.
type driver struct {
	name    string
	used    bool
	message string
}

func drivers(path *field.Path, list ...driver) (out []string) {
	for _, d := range list {
		if d.used {
			out = append(out, said(path.Child(d.name), "%s", d.message))
		}
	}
	return out
}

func volume(v *corev1.Volume, path *field.Path) []string {
	out := drivers(path, driver{"photonPersistentDisk", v.PhotonPersistentDisk != nil, gone16}, driver{"gitRepo", v.GitRepo != nil, noRepo},
		driver{"scaleIO", v.ScaleIO != nil, gone22}, driver{"flocker", v.Flocker != nil, gone25}, driver{"storageOS", v.StorageOS != nil, gone25},
		driver{"quobyte", v.Quobyte != nil, gone25}, driver{"glusterfs", v.Glusterfs != nil, gone26})
	if v.Ephemeral != nil && v.Ephemeral.VolumeClaimTemplate != nil {
		out = append(out, claimSpec(&v.Ephemeral.VolumeClaimTemplate.Spec, path.Child("ephemeral", "volumeClaimTemplate", "spec"))...)
	}
	return append(out, drivers(path, driver{"cephfs", v.CephFS != nil, gone31}, driver{"rbd", v.RBD != nil, gone31})...)
}

func persistentVolume(o *corev1.PersistentVolume) (out []string) {
	for _, a := range []struct{ key, message string }{{oldClass, useClass}, {oldOptions, useOptions}} {
		if _, ok := o.Annotations[a.key]; ok {
			out = append(out, said(metadata.Child("annotations").Key(a.key), "%s", a.message))
		}
	}
	s := &o.Spec
	if s.PersistentVolumeReclaimPolicy == "Recycle" {
		out = append(out, said(spec.Child("persistentVolumeReclaimPolicy"), "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning."))
	}
	if s.NodeAffinity != nil && s.NodeAffinity.Required != nil {
		for i := range s.NodeAffinity.Required.NodeSelectorTerms {
			out = append(out, nodeTerm(&s.NodeAffinity.Required.NodeSelectorTerms[i], false, spec.Child("nodeAffinity", "required", "nodeSelectorTerms").Index(i))...)
		}
	}
	return append(out, drivers(spec, driver{"cephfs", s.CephFS != nil, gone31}, driver{"photonPersistentDisk", s.PhotonPersistentDisk != nil, gone16},
		driver{"scaleIO", s.ScaleIO != nil, gone22}, driver{"storageOS", s.StorageOS != nil, gone25}, driver{"glusterfs", s.Glusterfs != nil, gone26},
		driver{"rbd", s.RBD != nil, gone31})...)
}

func claim(o *corev1.PersistentVolumeClaim) (out []string) {
	if _, ok := o.Annotations[oldClass]; ok {
		out = append(out, said(metadata.Child("annotations").Key(oldClass), useClass))
	}
	return append(out, claimSpec(&o.Spec, spec)...)
}

func claimSpec(s *corev1.PersistentVolumeClaimSpec, path *field.Path) []string {
	out := fractional(s.Resources.Requests, "storage", path.Child("resources", "requests"))
	return append(out, fractional(s.Resources.Limits, "storage", path.Child("resources", "limits"))...)
}

// csiDriver is about tokens that end up where drivers may log them.
func csiDriver(o *storagev1.CSIDriver, old object.Object) []string {
	if len(o.Spec.TokenRequests) == 0 || o.Spec.ServiceAccountTokenInSecrets != nil {
		return nil
	}
	if was, ok := old.(*storagev1.CSIDriver); ok && equality.Semantic.DeepEqual(was.Spec.TokenRequests, o.Spec.TokenRequests) {
		return nil
	}
	return []string{"spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes"}
}
