package core

import (
	"context"

	"k8s.io/apimachinery/pkg/api/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func podStatus(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareStatus = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, pod, old *corev1.Pod) error {
		if pod.Status.QOSClass == "" {
			pod.Status.QOSClass = old.Status.QOSClass
		}
		keepObservedGenerations(&pod.Status, &old.Status)
		return nil
	})
	s.Warnings = kind.Warn(func(o, _ *corev1.Pod) []string { return podAddressWarnings(&o.Status) })
	s.ValidateUpdate = kind.CheckUpdate(func(pod, old *corev1.Pod) field.ErrorList {
		path := field.NewPath("status")
		errs := podConditions(pod.Status.Conditions, path.Child("conditions"))
		if name := pod.Status.NominatedNodeName; name != "" && name != old.Status.NominatedNodeName {
			for _, msg := range validation.NameIsDNSSubdomain(name, false) {
				errs = append(errs, field.Invalid(path.Child("nominatedNodeName"), name, msg))
			}
			if old.Spec.NodeName != "" {
				errs = append(errs, field.Forbidden(path.Child("nominatedNodeName"), "may not be set on pods that are already bound to a node"))
			}
		}
		if pod.Status.ObservedGeneration < 0 {
			errs = append(errs, field.Invalid(path.Child("observedGeneration"), pod.Status.ObservedGeneration, notNegative))
		}
		errs = append(errs, kind.Unchanged(pod.Status.QOSClass, old.Status.QOSClass, path.Child("qosClass"))...)
		errs = append(errs, restarts(pod.Status.ContainerStatuses, old.Status.ContainerStatuses, &old.Spec, path.Child("containerStatuses"))...)
		errs = append(errs, initRestarts(pod.Status.InitContainerStatuses, old.Status.InitContainerStatuses, &old.Spec, path.Child("initContainerStatuses"))...)
		errs = append(errs, debugRestarts(pod.Status.EphemeralContainerStatuses, old.Status.EphemeralContainerStatuses, path.Child("ephemeralContainerStatuses"))...)
		errs = append(errs, claimStatuses(pod.Status.ResourceClaimStatuses, pod.Spec.ResourceClaims, path.Child("resourceClaimStatuses"))...)
		errs = append(errs, extendedClaim(pod.Status.ExtendedResourceClaimStatus, &pod.Spec, path.Child("extendedResourceClaimStatus"))...)
		errs = append(errs, nodeResources(&pod.Status, &pod.Spec, path.Child("nodeAllocatableResourceClaimStatuses"))...)
		errs = append(errs, podIPs(&pod.Status, &old.Status, path)...)
		init, main := path.Child("initContainerStatuses"), path.Child("containerStatuses")
		errs = append(errs, containerUsers(pod.Status.ContainerStatuses, &pod.Spec, main)...)
		errs = append(errs, containerUsers(pod.Status.InitContainerStatuses, &pod.Spec, init)...)
		errs = append(errs, containerUsers(pod.Status.EphemeralContainerStatuses, &pod.Spec, path.Child("ephemeralContainerStatuses"))...)
		errs = append(errs, containerDevices(pod.Status.ContainerStatuses, pod.Spec.Containers, main)...)
		errs = append(errs, containerDevices(pod.Status.InitContainerStatuses, pod.Spec.InitContainers, init)...)
		errs = append(errs, noDevices(pod.Status.EphemeralContainerStatuses, path.Child("ephemeralContainerStatuses"))...)
		if !d.Features.Enabled("ImageVolumeWithDigest") {
			return errs
		}
		errs = append(errs, mountedImages(pod.Status.ContainerStatuses, main)...)
		errs = append(errs, mountedImages(pod.Status.InitContainerStatuses, init)...)
		return append(errs, mountedImages(pod.Status.EphemeralContainerStatuses, path.Child("ephemeralContainerStatuses"))...)
	})
}

// keepObservedGenerations keeps the observed generations that an older kubelet leaves out.
func keepObservedGenerations(status, old *corev1.PodStatus) {
	if status.ObservedGeneration == 0 {
		status.ObservedGeneration = old.ObservedGeneration
	}
	was := map[string][]int64{}
	for _, c := range old.Conditions {
		was[c.Type] = append(was[c.Type], c.ObservedGeneration)
	}
	for i := range status.Conditions {
		c := &status.Conditions[i]
		list := was[c.Type]
		if len(list) == 0 {
			continue
		}
		was[c.Type] = list[1:]
		if c.ObservedGeneration == 0 {
			c.ObservedGeneration = list[0]
		}
	}
}

// restarts refuses the restart of a container that has terminated and does not restart.
func restarts(now, old []corev1.ContainerStatus, spec *corev1.PodSpec, path *field.Path) (errs field.ErrorList) {
	if spec.RestartPolicy == "Always" {
		return nil
	}
	mayRestart := map[string]bool{}
	for _, c := range spec.Containers {
		mayRestart[c.Name] = len(c.RestartPolicyRules) > 0 || c.RestartPolicy != nil && *c.RestartPolicy != "Never"
	}
	is := map[string]*corev1.ContainerStatus{}
	for i := range now {
		is[now[i].Name] = &now[i]
	}
	for i, o := range old {
		if o.State.Terminated == nil || mayRestart[o.Name] || o.State.Terminated.ExitCode != 0 && spec.RestartPolicy == "OnFailure" {
			continue
		}
		if n := is[o.Name]; n != nil && n.State.Terminated == nil {
			errs = append(errs, field.Forbidden(path.Index(i).Child("state"), "may not be transitioned to non-terminated state"))
		}
	}
	return errs
}

func podAddressWarnings(s *corev1.PodStatus) (out []string) {
	for i, ip := range s.PodIPs {
		out = append(out, utilvalidation.GetWarningsForIP(status.Child("podIPs").Index(i).Child("ip"), ip.IP)...)
	}
	for i, ip := range s.HostIPs {
		out = append(out, utilvalidation.GetWarningsForIP(status.Child("hostIPs").Index(i).Child("ip"), ip.IP)...)
	}
	return out
}
