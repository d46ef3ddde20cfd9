package core

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// onlyForPods are the rules of pods that templates do not have.
func onlyForPods(spec *corev1.PodSpec, path *field.Path) (errs field.ErrorList) {
	if spec.ServiceAccountName == "" {
		for i, v := range spec.Volumes {
			if v.Projected == nil {
				continue
			}
			for j, s := range v.Projected.Sources {
				if s.ServiceAccountToken != nil {
					errs = append(errs, field.Forbidden(path.Child("volumes").Index(i).Child("projected", "sources").Index(j).Child("serviceAccountToken"), "must not be specified when serviceAccountName is not set"))
				}
			}
		}
	}
	for i, c := range spec.Containers {
		errs = append(errs, trimmedImage(c.Image, path.Child("containers").Index(i))...)
	}
	for i, c := range spec.InitContainers {
		errs = append(errs, trimmedImage(c.Image, path.Child("initContainers").Index(i))...)
	}
	errs = append(errs, debugImages(spec, path.Child("ephemeralContainers"))...)
	if spec.HostNetwork {
		for i, c := range spec.Containers {
			for j, p := range c.Ports {
				if p.HostPort == 0 && p.ContainerPort != 0 {
					errs = append(errs, field.Invalid(path.Child("containers").Index(i).Child("ports").Index(j).Child("hostPort"), p.HostPort, "must match `containerPort` when `hostNetwork` is true"))
				}
			}
		}
	}
	return errs
}

// debugImages is trimmedImage for ephemeral containers.
func debugImages(spec *corev1.PodSpec, path *field.Path) (errs field.ErrorList) {
	for i, c := range spec.EphemeralContainers {
		errs = append(errs, trimmedImage(c.Image, path.Index(i))...)
	}
	return errs
}

func trimmedImage(image string, path *field.Path) field.ErrorList {
	if strings.TrimSpace(image) == image {
		return nil
	}
	return field.ErrorList{field.Invalid(path.Child("image"), image, "must not have leading or trailing whitespace")}
}

// newPod are the rules of creates.
func newPod(spec *corev1.PodSpec, path *field.Path) (errs field.ErrorList) {
	if len(spec.EphemeralContainers) > 0 {
		errs = append(errs, field.Forbidden(path.Child("ephemeralContainers"), "cannot be set on create"))
	}
	if spec.NodeName != "" && len(spec.SchedulingGates) > 0 {
		errs = append(errs, field.Forbidden(path.Child("nodeName"), "cannot be set until all schedulingGates have been cleared"))
	}
	return errs
}

// claimNames requires valid names of the claims of ephemeral volumes, which consist of the names of pod and volume.
func claimNames(pod *corev1.Pod, path *field.Path) (errs field.ErrorList) {
	for i, v := range pod.Spec.Volumes {
		if v.Ephemeral == nil || pod.Name == "" || v.Name == "" {
			continue
		}
		name := pod.Name + "-" + v.Name
		for _, msg := range validation.NameIsDNSSubdomain(name, false) {
			errs = append(errs, field.Invalid(path.Index(i).Child("name"), v.Name, "PVC name \""+name+"\": "+msg))
		}
	}
	return errs
}
