package core

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const appArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/"

// appArmorFields converts the deprecated annotations of a new pod into fields. An invalid annotation is kept without effect.
func appArmorFields(a *resource.Attempt, pod *corev1.Pod) {
	if pod.Spec.OS != nil && pod.Spec.OS.Name == "windows" {
		return
	}
	var ofPod *corev1.AppArmorProfile
	if pod.Spec.SecurityContext != nil {
		ofPod = pod.Spec.SecurityContext.AppArmorProfile
	}
	convert := func(name string, security **corev1.SecurityContext) {
		key := appArmorAnnotation + name
		value, ok := pod.Annotations[key]
		if !ok || *security != nil && (*security).AppArmorProfile != nil {
			return
		}
		profile := podspec.AppArmor(value)
		if profile != nil && profile.LocalhostProfile != nil && (strings.TrimSpace(*profile.LocalhostProfile) != *profile.LocalhostProfile || len(*profile.LocalhostProfile) > maxProfile) {
			profile = nil
		}
		if profile != nil && equality.Semantic.DeepEqual(profile, ofPod) {
			return
		}
		if profile != nil {
			if *security == nil {
				*security = &corev1.SecurityContext{}
			}
			(*security).AppArmorProfile = profile
		}
		// Warn here, because afterwards the writer's fields cannot be distinguished.
		a.Warn(field.NewPath("metadata", "annotations").Key(key).String() + ": " + podspec.AppArmorDeprecated)
	}
	for i := range pod.Spec.InitContainers {
		convert(pod.Spec.InitContainers[i].Name, &pod.Spec.InitContainers[i].SecurityContext)
	}
	for i := range pod.Spec.Containers {
		convert(pod.Spec.Containers[i].Name, &pod.Spec.Containers[i].SecurityContext)
	}
	for i := range pod.Spec.EphemeralContainers {
		convert(pod.Spec.EphemeralContainers[i].Name, &pod.Spec.EphemeralContainers[i].SecurityContext)
	}
}

// maxProfile is the maximum length of a profile's path.
const maxProfile = 4095
