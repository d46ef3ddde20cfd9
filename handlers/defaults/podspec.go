package defaults

import (
	"reflect"

	"github.com/distribution/reference"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// podTemplateSpec defaults a template in any kind; generated defaults have run or run afterwards, the order is indifferent.
func podTemplateSpec(t *corev1.PodTemplateSpec) {
	podSpec(&t.Spec)
	dropInitContainerAnnotations(&t.Annotations)
}

// podSpec fills what depends on other fields of a pod's spec.
func podSpec(s *corev1.PodSpec) {
	for i := range s.Volumes {
		volume(&s.Volumes[i])
	}
	for i := range s.InitContainers {
		pullPolicy(&s.InitContainers[i].ImagePullPolicy, s.InitContainers[i].Image)
	}
	for i := range s.Containers {
		pullPolicy(&s.Containers[i].ImagePullPolicy, s.Containers[i].Image)
	}
	for i := range s.EphemeralContainers {
		pullPolicy(&s.EphemeralContainers[i].ImagePullPolicy, s.EphemeralContainers[i].Image)
	}
	// The old name of the service account always mirrors the new one.
	if s.ServiceAccountName == "" {
		s.ServiceAccountName = s.DeprecatedServiceAccount
	}
	s.DeprecatedServiceAccount = s.ServiceAccountName
}

// pullPolicy decides by the tag: what may move is always pulled. An image that cannot be parsed has no tag; validation
// speaks about it.
func pullPolicy(policy *string, image string) {
	if *policy != "" {
		return
	}
	*policy = "IfNotPresent"
	named, err := reference.ParseNormalizedNamed(image)
	if err != nil {
		return
	}
	tagged, hasTag := named.(reference.Tagged)
	_, hasDigest := named.(reference.Digested)
	if hasTag && tagged.Tag() == "latest" || !hasTag && !hasDigest {
		*policy = "Always"
	}
}

// volume without any source is an empty directory.
func volume(v *corev1.Volume) {
	if !hasSource(v) {
		v.EmptyDir = &corev1.EmptyDirVolumeSource{}
	}
	if v.Image != nil {
		pullPolicy(&v.Image.PullPolicy, v.Image.Reference)
	}
}

func hasSource(v *corev1.Volume) bool {
	if v.ConfigMap != nil || v.Secret != nil || v.EmptyDir != nil || v.Projected != nil || v.PersistentVolumeClaim != nil || v.HostPath != nil {
		return true
	}
	fields := reflect.ValueOf(v).Elem()
	for i := range fields.NumField() {
		if f := fields.Field(i); f.Kind() == reflect.Pointer && !f.IsNil() {
			return true
		}
	}
	return false
}
