package podspec

import (
	"maps"
	"reflect"

	"github.com/distribution/reference"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// DefaultTemplate sets the defaults of a pod template. Generated defaults may run before or after it.
func DefaultTemplate(t *corev1.PodTemplateSpec) {
	Default(&t.Spec)
	DropInitContainerAnnotations(&t.Annotations)
}

// Default sets the defaults that depend on other fields of a pod spec.
func Default(s *corev1.PodSpec) {
	for i := range s.Volumes {
		defaultVolume(&s.Volumes[i])
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
	// The deprecated field always mirrors the new one.
	if s.ServiceAccountName == "" {
		s.ServiceAccountName = s.DeprecatedServiceAccount
	}
	s.DeprecatedServiceAccount = s.ServiceAccountName
}

// pullPolicy defaults to Always for the tag latest, and for images with neither tag nor digest.
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

// defaultVolume makes a volume without a source an emptyDir.
func defaultVolume(v *corev1.Volume) {
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

// initContainerAnnotations had init containers before the field existed. They are dropped.
var initContainerAnnotations = []string{
	"pod.beta.kubernetes.io/init-containers", "pod.alpha.kubernetes.io/init-containers",
	"pod.beta.kubernetes.io/init-container-statuses", "pod.alpha.kubernetes.io/init-container-statuses",
}

// DropInitContainerAnnotations copies the map before a change, because templates share it with the object they came from.
func DropInitContainerAnnotations(annotations *map[string]string) {
	copied := false
	for _, key := range initContainerAnnotations {
		if _, ok := (*annotations)[key]; !ok {
			continue
		}
		if !copied {
			*annotations, copied = maps.Clone(*annotations), true
		}
		delete(*annotations, key)
	}
}
