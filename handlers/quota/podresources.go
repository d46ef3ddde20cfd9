package quota

import (
	"strings"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// requests is what the pod as a whole requests: the sum of its containers and sidecars, or what its init containers need on
// their way if that is more; in its place what the pod states for itself; and its overhead.
func (p *pods) requests(pod *corev1.Pod) List {
	statuses, infeasible := p.reported(pod), isInfeasible(pod)
	sum := total(pod, func(c *corev1.Container, stays bool) List {
		status := statuses[c.Name]
		if status == nil || !stays {
			return c.Resources.Requests
		}
		high := Highest(status.Resources.Requests, status.AllocatedResources)
		if !infeasible {
			raiseTo(high, c.Resources.Requests)
		}
		return high
	})
	if p.podLevel && sharesAny(pod.Spec.Resources, false) {
		share(sum, pod.Spec.Resources.Requests)
	}
	addTo(sum, pod.Spec.Overhead)
	return sum
}

// limits is the same of limits. Overhead is added only where there is a limit.
func (p *pods) limits(pod *corev1.Pod) List {
	statuses, infeasible := p.reported(pod), isInfeasible(pod)
	sum := total(pod, func(c *corev1.Container, stays bool) List {
		status := statuses[c.Name]
		switch {
		case status == nil || !stays:
			return c.Resources.Limits
		case infeasible:
			return status.Resources.Limits
		}
		return Highest(status.Resources.Limits, c.Resources.Limits)
	})
	if p.podLevel && (sharesAny(pod.Spec.Resources, false) || sharesAny(pod.Spec.Resources, true)) {
		share(sum, pod.Spec.Resources.Limits)
	}
	for name, q := range pod.Spec.Overhead {
		if limit, found := sum[name]; found && !limit.IsZero() {
			limit.Add(q)
			sum[name] = limit
		}
	}
	return sum
}

// reported are the statuses of containers whose resources the kubelet has told, by name; nil when there are none, or resources
// cannot change.
func (p *pods) reported(pod *corev1.Pod) (out map[string]*corev1.ContainerStatus) {
	if !p.resized {
		return nil
	}
	for _, list := range [][]corev1.ContainerStatus{pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses} {
		for i := range list {
			if list[i].Resources == nil {
				continue
			}
			if out == nil {
				out = map[string]*corev1.ContainerStatus{}
			}
			out[list[i].Name] = &list[i]
		}
	}
	return out
}

// isInfeasible says whether the node will never carry out the resize that the spec asks for, so that what it asks for does not
// count.
func isInfeasible(pod *corev1.Pod) bool {
	for i := range pod.Status.Conditions {
		if c := &pod.Status.Conditions[i]; c.Type == "PodResizePending" {
			return c.Reason == "Infeasible"
		}
	}
	return false
}

// total joins what of gives for the containers. While an init container runs, the sidecars that were started before it do, too;
// the containers come after all of them. stays is true for containers and sidecars, which can be resized while they run.
func total(pod *corev1.Pod, of func(c *corev1.Container, stays bool) List) List {
	sum := make(List, 4)
	for i := range pod.Spec.Containers {
		addTo(sum, of(&pod.Spec.Containers[i], true))
	}
	if len(pod.Spec.InitContainers) == 0 {
		return sum
	}
	sidecars, highest := List{}, List{}
	for i := range pod.Spec.InitContainers {
		c := &pod.Spec.InitContainers[i]
		if c.RestartPolicy != nil && *c.RestartPolicy == "Always" {
			needs := of(c, true)
			addTo(sum, needs)
			addTo(sidecars, needs)
			raiseTo(highest, sidecars)
			continue
		}
		raiseTo(highest, Add(of(c, false), sidecars))
	}
	raiseTo(sum, highest)
	return sum
}

// isShared says whether a pod may state a resource for itself.
func isShared(name string) bool {
	return name == "cpu" || name == "memory" || strings.HasPrefix(name, hugePagesPrefix)
}

// sharesAny says whether a pod states limits, or requests, for itself.
func sharesAny(r *corev1.ResourceRequirements, limits bool) bool {
	if r == nil {
		return false
	}
	list := r.Requests
	if limits {
		list = r.Limits
	}
	for name := range list {
		if isShared(name) {
			return true
		}
	}
	return false
}

// share puts what the pod states in the place of the sums of its containers.
func share(sum, stated List) {
	for name, q := range stated {
		if isShared(name) {
			sum[name] = q.DeepCopy()
		}
	}
}
