package plugins

import (
	"strings"

	utilrand "k8s.io/apimachinery/pkg/util/rand"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

const (
	tokenVolume = "kube-api-access-"
	tokenPath   = "/var/run/secrets/kubernetes.io/serviceaccount" //nolint:gosec // a path, and no secret
	// tokenSeconds is an hour and a little: by that the issuer knows tokens that it may make longer.
	tokenSeconds = 3607
)

// mountToken mounts a token into each container that mounts nothing of its own in its place.
func mountToken(spec *corev1.PodSpec) {
	name := ""
	for i := range spec.Volumes {
		if strings.HasPrefix(spec.Volumes[i].Name, tokenVolume) {
			name = spec.Volumes[i].Name
			break
		}
	}
	has := name != ""
	if !has {
		name = tokenVolume + utilrand.String(5)
	}
	mounted := false
	for _, list := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range list {
			if !mounts(&list[i], tokenPath) {
				list[i].VolumeMounts = append(list[i].VolumeMounts, corev1.VolumeMount{Name: name, ReadOnly: true, MountPath: tokenPath})
				mounted = true
			}
		}
	}
	if mounted && !has {
		spec.Volumes = append(spec.Volumes, corev1.Volume{Name: name, Projected: tokenSource()})
	}
}

func mounts(c *corev1.Container, path string) bool {
	for i := range c.VolumeMounts {
		if c.VolumeMounts[i].MountPath == path {
			return true
		}
	}
	return false
}

// tokenSource is a token, the authority to check the server with, and the namespace.
func tokenSource() *corev1.ProjectedVolumeSource {
	mode, seconds := int32(0o644), int64(tokenSeconds)
	return &corev1.ProjectedVolumeSource{DefaultMode: &mode, Sources: []corev1.VolumeProjection{
		{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token", ExpirationSeconds: &seconds}},
		{ConfigMap: &corev1.ConfigMapProjection{Name: "kube-root-ca.crt", Items: []corev1.KeyToPath{{Key: "ca.crt", Path: "ca.crt"}}}},
		{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{{Path: "namespace", FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "metadata.namespace"}}}}},
	}}
}
