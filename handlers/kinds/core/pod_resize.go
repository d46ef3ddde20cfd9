package core

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	quantity "k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const onlyCPUAndMemory = "only cpu and memory resources are mutable"

// Feature gates of resize.
const (
	gateInitContainers = "InPlacePodVerticalScalingInitContainers"
	gatePodLevel       = "InPlacePodLevelResourcesVerticalScaling"
)

// podResize changes the cpu and memory of a running pod and its containers, and nothing else.
func podResize(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	ofInit, ofPod := d.Features.Enabled(gateInitContainers), d.Features.Enabled(gatePodLevel)
	s.FieldRules = true
	s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, pod, old *corev1.Pod) error {
		if len(pod.Spec.Containers) != len(old.Spec.Containers) || len(pod.Spec.InitContainers) != len(old.Spec.InitContainers) {
			return nil
		}
		spec := object.Copy(old).Spec
		if ofPod {
			spec.Resources = pod.Spec.Resources
		}
		takeResources(&spec.Containers, pod.Spec.Containers)
		takeResources(&spec.InitContainers, pod.Spec.InitContainers)
		keepAllButSpec(pod, old)
		pod.Spec = spec
		return nil
	})
	s.ValidateWith = kind.CheckWith(func(pod, old *corev1.Pod) field.ErrorList { return podspec.Validate(d, &pod.Spec, specOf(old), spec) })
	s.ValidateUpdate = kind.CheckUpdate(func(pod, old *corev1.Pod) field.ErrorList {
		if _, ok := old.Annotations[mirrorAnnotation]; ok {
			return field.ErrorList{field.Forbidden(field.NewPath(""), "static pods cannot be resized")}
		}
		if old.Spec.OS != nil && old.Spec.OS.Name == "windows" {
			return field.ErrorList{field.Forbidden(field.NewPath(""), "windows pods cannot be resized")}
		}
		return validateResize(pod, old, ofInit, ofPod)
	})
}

// takeResources copies the new resources into the old containers. A list that renames or reorders containers is kept as it is, so
// that validation refuses it.
func takeResources(old *[]corev1.Container, now []corev1.Container) {
	for i := range now {
		if (*old)[i].Name != now[i].Name {
			*old = now
			return
		}
		(*old)[i].Resources, (*old)[i].ResizePolicy = now[i].Resources, now[i].ResizePolicy
	}
}

func validateResize(pod, old *corev1.Pod, ofInit, ofPod bool) (errs field.ErrorList) {
	path := field.NewPath("spec")
	class := old.Status.QOSClass
	if class == "" {
		class = qualityOfService(&old.Spec)
	}
	if class != qualityOfService(&pod.Spec) {
		errs = append(errs, field.Invalid(path, pod.Status.QOSClass, "Pod QOS Class may not change as a result of resizing"))
	}
	if !resizable(old) {
		errs = append(errs, field.Forbidden(path, "Pod running on node without support for resize"))
	}
	rest := object.Copy(pod).Spec
	if hasResources(&pod.Spec) || hasResources(&old.Spec) {
		if !ofPod {
			return append(errs, field.Forbidden(field.NewPath(""), "resize of pods with pod-level resources is forbidden when InPlacePodLevelResourcesVerticalScalingEnabled feature gate is disabled"))
		}
		errs = append(errs, resizePod(&rest, &old.Spec, path)...)
	}
	if len(old.Status.NodeAllocatableResourceClaimStatuses) > 0 {
		errs = append(errs, field.Forbidden(path, "pods with node allocatable resource claims cannot be resized"))
	}
	order := append(sameContainers(rest.Containers, old.Spec.Containers, "containers", path), sameContainers(rest.InitContainers, old.Spec.InitContainers, "initContainers", path)...)
	if len(order) > 0 {
		return append(errs, order...)
	}
	for i := range rest.InitContainers {
		now, was := &rest.InitContainers[i], &old.Spec.InitContainers[i]
		if ofInit || isSidecar(was) {
			errs = append(errs, nothingRemoved(&now.Resources, &was.Resources, path.Child("initContainers").Index(i).Child("resources"))...)
		}
	}
	for i := range rest.Containers {
		errs = append(errs, nothingRemoved(&rest.Containers[i].Resources, &old.Spec.Containers[i].Resources, path.Child("containers").Index(i).Child("resources"))...)
	}
	for i := range rest.Containers {
		if otherChanges(&rest.Containers[i], &old.Spec.Containers[i]) {
			errs = append(errs, field.Forbidden(path, onlyCPUAndMemory))
		}
	}
	for i := range rest.InitContainers {
		errs = append(errs, resizeInit(&rest.InitContainers[i], &old.Spec.InitContainers[i], ofInit, path, path.Child("initContainers").Index(i))...)
	}
	if len(errs) == 0 && !equality.Semantic.DeepEqual(rest, old.Spec) {
		errs = append(errs, field.Forbidden(path, onlyCPUAndMemory))
	}
	return errs
}

func hasResources(s *corev1.PodSpec) bool {
	return s.Resources != nil && len(s.Resources.Requests)+len(s.Resources.Limits) > 0
}

// resizePod copies the old pod-level cpu and memory into rest. What then differs is immutable.
func resizePod(rest, old *corev1.PodSpec, path *field.Path) (errs field.ErrorList) {
	at := path.Child("resources")
	now, was := rest.Resources, old.Resources
	switch {
	case now == nil:
		return field.ErrorList{field.Forbidden(at, "pod-level resources cannot be removed")}
	case was == nil:
		was = &corev1.ResourceRequirements{}
	default:
		if removed(now.Requests, was.Requests) {
			errs = append(errs, field.Forbidden(at.Child("requests"), "pod-level resource requests cannot be removed"))
		}
		if removed(now.Limits, was.Limits) {
			errs = append(errs, field.Forbidden(at.Child("limits"), "pod-level resource limits cannot be removed"))
		}
	}
	now.Requests, now.Limits = restore(now.Requests, was.Requests), restore(now.Limits, was.Limits)
	if old.Resources == nil && len(now.Requests)+len(now.Limits)+len(now.Claims) == 0 {
		rest.Resources = nil
	}
	if !equality.Semantic.DeepEqual(rest.Resources, old.Resources) {
		errs = append(errs, field.Forbidden(path, "only cpu and memory resources are mutable at pod-level"))
	}
	return errs
}

// sameContainers requires the same names in the same order.
func sameContainers(now, old []corev1.Container, list string, path *field.Path) (errs field.ErrorList) {
	if len(now) != len(old) {
		return field.ErrorList{field.Forbidden(path.Child(list), list+" may not be added or removed on resize")}
	}
	for i := range old {
		if now[i].Name != old[i].Name {
			errs = append(errs, field.Forbidden(path.Child(list).Index(i).Child("name"), list+" may not be renamed or reordered on resize"))
		}
	}
	return errs
}

func nothingRemoved(now, old *corev1.ResourceRequirements, path *field.Path) (errs field.ErrorList) {
	if removed(now.Requests, old.Requests) {
		errs = append(errs, field.Forbidden(path.Child("requests"), "resource requests cannot be removed"))
	}
	if removed(now.Limits, old.Limits) {
		errs = append(errs, field.Forbidden(path.Child("limits"), "resource limits cannot be removed"))
	}
	return errs
}

// otherChanges copies the old cpu and memory into now and reports whether anything else differs. Upstream drops claims there, so a
// container with claims cannot be resized.
func otherChanges(now, old *corev1.Container) bool {
	now.Resources = corev1.ResourceRequirements{
		Limits: restore(now.Resources.Limits, old.Resources.Limits), Requests: restore(now.Resources.Requests, old.Resources.Requests)}
	return !equality.Semantic.DeepEqual(now, old)
}

// resizeInit validates the resize of init containers. One that is not a sidecar needs a feature gate, and must not restart.
func resizeInit(now, old *corev1.Container, ofInit bool, spec, path *field.Path) (errs field.ErrorList) {
	sidecar, modified := isSidecar(now), !equality.Semantic.DeepEqual(now, old)
	if !sidecar && !ofInit {
		if modified {
			errs = append(errs, field.Forbidden(spec, "resources for non-sidecar init containers are immutable"))
		}
		return errs
	}
	if otherChanges(now, old) {
		errs = append(errs, field.Forbidden(path, "only cpu and memory resources for init or sidecar containers are mutable"))
	}
	if sidecar || !modified {
		return errs
	}
	for _, p := range now.ResizePolicy {
		if p.RestartPolicy == "RestartContainer" {
			errs = append(errs, field.Forbidden(path, "non-sidecar init containers with a resize policy of RestartContainer cannot be resized"))
		}
	}
	return errs
}

func removed(now, old map[string]quantity.Quantity) bool {
	for name := range old {
		if _, ok := now[name]; !ok {
			return true
		}
	}
	return false
}

// restore is a list with the old cpu and memory.
func restore(now, old map[string]quantity.Quantity) map[string]quantity.Quantity {
	out := map[string]quantity.Quantity{}
	for k, v := range now {
		if k != "cpu" && k != "memory" {
			out[k] = v
		}
	}
	for _, k := range []string{"cpu", "memory"} {
		if v, ok := old[k]; ok {
			out[k] = v
		}
	}
	if len(out) == 0 && old == nil {
		return nil
	}
	return out
}

// resizable requires the resources of running containers in the status, which a kubelet that can resize reports.
func resizable(pod *corev1.Pod) bool {
	i := slices.IndexFunc(pod.Status.ContainerStatuses, func(c corev1.ContainerStatus) bool { return c.State.Running != nil })
	return i < 0 || pod.Status.ContainerStatuses[i].Resources != nil
}
