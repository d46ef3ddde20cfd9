package warnings

import (
	"k8s.io/apimachinery/pkg/api/equality"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

const (
	oldClass   = "volume.beta.kubernetes.io/storage-class"
	oldOptions = "volume.beta.kubernetes.io/mount-options"
	useClass   = `deprecated since v1.8; use "storageClassName" attribute instead`
	useOptions = `deprecated since v1.31; use "mountOptions" attribute instead`
)

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
			out = append(out, podspec.NodeTermWarnings(&s.NodeAffinity.Required.NodeSelectorTerms[i], false, spec.Child("nodeAffinity", "required", "nodeSelectorTerms").Index(i))...)
		}
	}
	return append(out, podspec.DriverWarnings(spec, podspec.Driver("cephfs", s.CephFS != nil, podspec.Gone31), podspec.Driver("photonPersistentDisk", s.PhotonPersistentDisk != nil, podspec.Gone16),
		podspec.Driver("scaleIO", s.ScaleIO != nil, podspec.Gone22), podspec.Driver("storageOS", s.StorageOS != nil, podspec.Gone25), podspec.Driver("glusterfs", s.Glusterfs != nil, podspec.Gone26),
		podspec.Driver("rbd", s.RBD != nil, podspec.Gone31))...)
}

func claim(o *corev1.PersistentVolumeClaim) (out []string) {
	if _, ok := o.Annotations[oldClass]; ok {
		out = append(out, said(metadata.Child("annotations").Key(oldClass), useClass))
	}
	return append(out, claimSpec(&o.Spec, spec)...)
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
