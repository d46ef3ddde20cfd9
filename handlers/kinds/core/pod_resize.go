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

// podResize changes the cpu and memory of a pod's containers while they run; nothing else of the pod is the writer's.
func podResize(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, pod, old *corev1.Pod) error {
		if len(pod.Spec.Containers) != len(old.Spec.Containers) || len(pod.Spec.InitContainers) != len(old.Spec.InitContainers) {
			return nil
		}
		spec := object.Copy(old).Spec
		spec.Resources = pod.Spec.Resources
		takeResources(&spec.Containers, pod.Spec.Containers)
		takeResources(&spec.InitContainers, pod.Spec.InitContainers)
		keepAllButSpec(pod, old)
		pod.Spec = spec
		return nil
	})
	s.ValidateUpdate = kind.CheckUpdate(validateResize)
}

// takeResources puts the new resources into the old containers; a list that renames or reorders them is taken whole, so
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

func validateResize(pod, old *corev1.Pod) field.ErrorList {
	path := field.NewPath("spec")
	errs := podspec.Validate(&pod.Spec, path)
	if _, ok := old.Annotations[mirrorAnnotation]; ok {
		return field.ErrorList{field.Forbidden(field.NewPath(""), "static pods cannot be resized")}
	}
	if old.Spec.OS != nil && old.Spec.OS.Name == "windows" {
		return field.ErrorList{field.Forbidden(field.NewPath(""), "windows pods cannot be resized")}
	}
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
	if len(old.Status.NodeAllocatableResourceClaimStatuses) > 0 {
		errs = append(errs, field.Forbidden(path, "pods with node allocatable resource claims cannot be resized"))
	}
	rest := object.Copy(pod).Spec
	for _, list := range []struct {
		name     string
		now, old []corev1.Container
		init     bool
	}{{"initContainers", rest.InitContainers, old.Spec.InitContainers, true}, {"containers", rest.Containers, old.Spec.Containers, false}} {
		at := path.Child(list.name)
		if len(list.now) != len(list.old) {
			return append(errs, field.Forbidden(at, list.name+" may not be added or removed on resize"))
		}
		for i := range list.now {
			if list.now[i].Name != list.old[i].Name {
				return append(errs, field.Forbidden(at.Index(i).Child("name"), list.name+" may not be renamed or reordered on resize"))
			}
			errs = append(errs, resizeContainer(&list.now[i], &list.old[i], list.init, path, at.Index(i))...)
		}
	}
	if len(errs) == 0 {
		// Resources of the pod as a whole may be resized with those of its containers.
		rest.Resources = old.Spec.Resources
		if !equality.Semantic.DeepEqual(rest, old.Spec) {
			errs = append(errs, field.Forbidden(path, onlyCPUAndMemory))
		}
	}
	return errs
}

// resizeContainer takes cpu and memory from the old container into now; what then differs was not the writer's.
func resizeContainer(now, old *corev1.Container, init bool, spec, path *field.Path) (errs field.ErrorList) {
	sidecar := now.RestartPolicy != nil && *now.RestartPolicy == "Always"
	if init && !sidecar {
		if !equality.Semantic.DeepEqual(now, old) {
			errs = append(errs, field.Forbidden(spec, "resources for non-sidecar init containers are immutable"))
		}
		return errs
	}
	if removed(now.Resources.Requests, old.Resources.Requests) {
		errs = append(errs, field.Forbidden(path.Child("resources", "requests"), "resource requests cannot be removed"))
	}
	if removed(now.Resources.Limits, old.Resources.Limits) {
		errs = append(errs, field.Forbidden(path.Child("resources", "limits"), "resource limits cannot be removed"))
	}
	now.Resources.Requests = restore(now.Resources.Requests, old.Resources.Requests)
	now.Resources.Limits = restore(now.Resources.Limits, old.Resources.Limits)
	now.ResizePolicy = old.ResizePolicy
	if !equality.Semantic.DeepEqual(now, old) {
		if init {
			return append(errs, field.Forbidden(path, "only cpu and memory resources for init or sidecar containers are mutable"))
		}
		errs = append(errs, field.Forbidden(spec, onlyCPUAndMemory))
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

// resizable: a kubelet that can resize reports the resources of running containers.
func resizable(pod *corev1.Pod) bool {
	i := slices.IndexFunc(pod.Status.ContainerStatuses, func(c corev1.ContainerStatus) bool { return c.State.Running != nil })
	return i < 0 || pod.Status.ContainerStatuses[i].Resources != nil
}
