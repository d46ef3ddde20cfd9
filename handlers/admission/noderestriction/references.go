package noderestriction

import (
	"fmt"
	"slices"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// referenced is the first kind of object that a pod names, in upstream's words and order; empty for a pod that stands alone. A
// volume of a kind that nobody knows is an error.
func referenced(pod *corev1.Pod) (string, error) {
	spec := &pod.Spec
	switch {
	case spec.ServiceAccountName != "":
		return "serviceaccounts", nil
	case NamesSecrets(spec):
		return "secrets", nil
	case namesConfigMaps(spec):
		return "configmaps", nil
	case len(spec.ResourceClaims) > 0:
		return "resourceclaims", nil
	}
	for i := range spec.Volumes {
		if what, err := referencedBy(&spec.Volumes[i]); what != "" || err != nil {
			return what, err
		}
	}
	return "", nil
}

func referencedBy(v *corev1.Volume) (string, error) {
	switch {
	case v.AWSElasticBlockStore != nil, v.AzureDisk != nil, v.CephFS != nil, v.Cinder != nil, v.DownwardAPI != nil, v.EmptyDir != nil,
		v.FC != nil, v.FlexVolume != nil, v.Flocker != nil, v.GCEPersistentDisk != nil, v.GitRepo != nil, v.HostPath != nil,
		v.Image != nil, v.ISCSI != nil, v.NFS != nil, v.PhotonPersistentDisk != nil, v.PortworxVolume != nil, v.Quobyte != nil,
		v.RBD != nil, v.ScaleIO != nil, v.StorageOS != nil, v.VsphereVolume != nil:
		return "", nil
	case v.ConfigMap != nil:
		return "configmaps (via configmap volumes)", nil
	case v.Secret != nil:
		return "secrets (via secret volumes)", nil
	case v.CSI != nil:
		return "csidrivers (via CSI volumes)", nil
	case v.Glusterfs != nil:
		return "endpoints (via glusterFS volumes)", nil
	case v.PersistentVolumeClaim != nil:
		return "persistentvolumeclaims", nil
	case v.Ephemeral != nil:
		return "persistentvolumeclaims (via ephemeral volumes)", nil
	case v.AzureFile != nil:
		return "secrets (via azureFile volumes)", nil
	case v.Projected == nil:
		return "", fmt.Errorf("unknown volume type for volume  %q", v.Name)
	}
	for _, s := range v.Projected.Sources {
		switch {
		case s.ConfigMap != nil:
			return "configmaps (via projected volumes)", nil
		case s.Secret != nil:
			return "secrets (via projected volumes)", nil
		case s.ServiceAccountToken != nil:
			return "serviceaccounts (via projected volumes)", nil
		case s.ClusterTrustBundle != nil:
			return "clustertrustbundles", nil
		case s.PodCertificate != nil:
			return "podcertificates", nil
		case s.DownwardAPI == nil:
			return "", fmt.Errorf("unknown source for projected volume %q", v.Name)
		}
	}
	return "", nil
}

// environment looks at the variables of all containers.
func environment(spec *corev1.PodSpec, from func(corev1.EnvFromSource) bool, of func(*corev1.EnvVarSource) bool) bool {
	names := func(all []corev1.EnvFromSource, each []corev1.EnvVar) bool {
		return slices.ContainsFunc(all, from) || slices.ContainsFunc(each, func(v corev1.EnvVar) bool { return v.ValueFrom != nil && of(v.ValueFrom) })
	}
	container := func(c corev1.Container) bool { return names(c.EnvFrom, c.Env) }
	return slices.ContainsFunc(spec.InitContainers, container) || slices.ContainsFunc(spec.Containers, container) ||
		slices.ContainsFunc(spec.EphemeralContainers, func(c corev1.EphemeralContainer) bool { return names(c.EnvFrom, c.Env) })
}

// NamesSecrets says whether anything of a pod leads to a secret.
func NamesSecrets(spec *corev1.PodSpec) bool {
	return slices.ContainsFunc(spec.ImagePullSecrets, func(s corev1.LocalObjectReference) bool { return s.Name != "" }) ||
		environment(spec, func(e corev1.EnvFromSource) bool { return e.SecretRef != nil && e.SecretRef.Name != "" },
			func(e *corev1.EnvVarSource) bool { return e.SecretKeyRef != nil && e.SecretKeyRef.Name != "" }) ||
		slices.ContainsFunc(spec.Volumes, volumeNamesSecret)
}

// volumeNamesSecret looks at every place in which a volume can have the name of a secret.
func volumeNamesSecret(v corev1.Volume) bool {
	switch {
	case v.AzureFile != nil:
		return v.AzureFile.SecretName != ""
	case v.CephFS != nil:
		return v.CephFS.SecretRef != nil && v.CephFS.SecretRef.Name != ""
	case v.Cinder != nil:
		return v.Cinder.SecretRef != nil && v.Cinder.SecretRef.Name != ""
	case v.FlexVolume != nil:
		return v.FlexVolume.SecretRef != nil && v.FlexVolume.SecretRef.Name != ""
	case v.Projected != nil:
		return slices.ContainsFunc(v.Projected.Sources, func(s corev1.VolumeProjection) bool { return s.Secret != nil && s.Secret.Name != "" })
	case v.RBD != nil:
		return v.RBD.SecretRef != nil && v.RBD.SecretRef.Name != ""
	case v.Secret != nil:
		return v.Secret.SecretName != ""
	case v.ScaleIO != nil:
		return v.ScaleIO.SecretRef != nil && v.ScaleIO.SecretRef.Name != ""
	case v.ISCSI != nil:
		return v.ISCSI.SecretRef != nil && v.ISCSI.SecretRef.Name != ""
	case v.StorageOS != nil:
		return v.StorageOS.SecretRef != nil && v.StorageOS.SecretRef.Name != ""
	case v.CSI != nil:
		return v.CSI.NodePublishSecretRef != nil && v.CSI.NodePublishSecretRef.Name != ""
	}
	return false
}

func namesConfigMaps(spec *corev1.PodSpec) bool {
	return environment(spec, func(e corev1.EnvFromSource) bool { return e.ConfigMapRef != nil && e.ConfigMapRef.Name != "" },
		func(e *corev1.EnvVarSource) bool { return e.ConfigMapKeyRef != nil && e.ConfigMapKeyRef.Name != "" }) ||
		slices.ContainsFunc(spec.Volumes, func(v corev1.Volume) bool {
			if v.Projected != nil {
				return slices.ContainsFunc(v.Projected.Sources, func(s corev1.VolumeProjection) bool { return s.ConfigMap != nil && s.ConfigMap.Name != "" })
			}
			return v.ConfigMap != nil && v.ConfigMap.Name != ""
		})
}
