package core

import (
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
)

// Annotations of pods with a validated value.
const (
	mirror            = "kubernetes.io/config.mirror"
	deletionCost      = "controller.kubernetes.io/pod-deletion-cost"
	seccompOfPod      = "seccomp.security.alpha.kubernetes.io/pod"
	seccompContainers = "container.seccomp.security.alpha.kubernetes.io/"
)

func podAnnotations(pod *corev1.Pod) (errs field.ErrorList) {
	path := field.NewPath("metadata", "annotations")
	if v, ok := pod.Annotations[mirror]; ok && pod.Spec.NodeName == "" {
		errs = append(errs, field.Invalid(path.Key(mirror), v, "must set spec.nodeName if mirror pod annotation is set"))
	}
	if v, ok := pod.Annotations[deletionCost]; ok && !validCost(v) {
		errs = append(errs, field.Invalid(path.Key(deletionCost), v, "must be a 32bit integer"))
	}
	for _, k := range kind.SortedKeys(pod.Annotations) {
		v := pod.Annotations[k]
		if k == seccompOfPod || strings.HasPrefix(k, seccompContainers) {
			errs = append(errs, seccompProfile(v, path.Child(k))...)
		}
		if name, ok := strings.CutPrefix(k, appArmorAnnotation); ok {
			if !namesContainer(&pod.Spec, name) {
				errs = append(errs, field.Invalid(path.Key(k), name, "container not found"))
			}
			if v != "" && v != "runtime/default" && v != "unconfined" && !strings.HasPrefix(v, "localhost/") {
				errs = append(errs, field.Invalid(path.Key(k), v, fmt.Sprintf("invalid AppArmor profile name: %q", v)))
			}
		}
	}
	return errs
}

// validCost requires an int32 without a plus sign and leading zeros.
func validCost(v string) bool {
	if v == "" {
		return false
	}
	if v[0] == '+' || v[0] == '0' && len(v) > 1 {
		return false
	}
	_, err := strconv.ParseInt(v, 10, 32)
	return err == nil
}

func seccompProfile(v string, path *field.Path) field.ErrorList {
	switch file, local := strings.CutPrefix(v, "localhost/"); {
	case v == "runtime/default", v == "docker/default", v == "unconfined":
		return nil
	case local:
		return podspec.Descending(file, path)
	}
	return field.ErrorList{field.Invalid(path, v, "must be a valid seccomp profile")}
}

func namesContainer(spec *corev1.PodSpec, name string) bool {
	for i := range spec.InitContainers {
		if spec.InitContainers[i].Name == name {
			return true
		}
	}
	for i := range spec.Containers {
		if spec.Containers[i].Name == name {
			return true
		}
	}
	for i := range spec.EphemeralContainers {
		if spec.EphemeralContainers[i].Name == name {
			return true
		}
	}
	return false
}

// podAnnotationUpdates makes annotations that decided on the start of the pod immutable.
func podAnnotationUpdates(pod, old *corev1.Pod) (errs field.ErrorList) {
	path := field.NewPath("metadata", "annotations")
	for _, k := range kind.SortedKeys(old.Annotations) {
		if now, ok := pod.Annotations[k]; ok && now == old.Annotations[k] {
			continue
		}
		if strings.HasPrefix(k, appArmorAnnotation) {
			errs = append(errs, field.Forbidden(path.Key(k), "may not remove or update AppArmor annotations"))
		}
		if k == mirror {
			errs = append(errs, field.Forbidden(path.Key(k), "may not remove or update mirror pod annotation"))
		}
	}
	for _, k := range kind.SortedKeys(pod.Annotations) {
		if _, ok := old.Annotations[k]; ok {
			continue
		}
		if strings.HasPrefix(k, appArmorAnnotation) {
			errs = append(errs, field.Forbidden(path.Key(k), "may not add AppArmor annotations"))
		}
		if k == mirror {
			errs = append(errs, field.Forbidden(path.Key(k), "may not add mirror pod annotation"))
		}
	}
	return errs
}

// appArmorMatches requires equal profiles in the annotations and fields of a new pod.
func appArmorMatches(pod *corev1.Pod) (errs field.ErrorList) {
	if pod.Spec.OS != nil && pod.Spec.OS.Name == "windows" {
		return nil
	}
	var ofPod *corev1.AppArmorProfile
	if pod.Spec.SecurityContext != nil {
		ofPod = pod.Spec.SecurityContext.AppArmorProfile
	}
	match := func(list []corev1.Container, path *field.Path) {
		for i := range list {
			profile := ofPod
			if s := list[i].SecurityContext; s != nil && s.AppArmorProfile != nil {
				profile = s.AppArmorProfile
			}
			if said, ok := pod.Annotations[appArmorAnnotation+list[i].Name]; ok && profile != nil {
				errs = append(errs, sameProfile(said, profile, path.Index(i).Child("securityContext", "appArmorProfile"))...)
			}
		}
	}
	match(pod.Spec.InitContainers, spec.Child("initContainers"))
	match(pod.Spec.Containers, spec.Child("containers"))
	return errs
}

func sameProfile(said string, p *corev1.AppArmorProfile, path *field.Path) field.ErrorList {
	file, local := strings.CutPrefix(said, "localhost/")
	switch {
	case p.Type == "Unconfined" && said != "unconfined", p.Type == "RuntimeDefault" && said != "runtime/default", p.Type == "Localhost" && !local:
		return field.ErrorList{field.Forbidden(path.Child("type"), "apparmor type in annotation and field must match")}
	case p.Type == "Localhost" && (p.LocalhostProfile == nil || *p.LocalhostProfile != file):
		return field.ErrorList{field.Forbidden(path.Child("localhostProfile"), "apparmor profile in annotation and field must match")}
	}
	return nil
}
