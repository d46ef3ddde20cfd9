package core

import (
	"strings"

	quantity "k8s.io/apimachinery/pkg/api/resource"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
)

// defaultPod does, beyond what every template gets, what holds for pods only: requests follow limits, ports follow the host's.
func defaultPod(p *corev1.Pod) {
	for i := range p.Spec.Containers {
		requestsFromLimits(&p.Spec.Containers[i].Resources)
	}
	for i := range p.Spec.InitContainers {
		requestsFromLimits(&p.Spec.InitContainers[i].Resources)
	}
	if r := p.Spec.Resources; r != nil {
		hugePageLimits(&p.Spec, r)
		podRequests(&p.Spec, r)
	}
	kind.SetIfNil(&p.Spec.EnableServiceLinks, true)
	if p.Spec.HostNetwork {
		defaultHostPorts(p.Spec.Containers)
		defaultHostPorts(p.Spec.InitContainers)
	}
	podspec.Default(&p.Spec)
	mirrorPodIPs(&p.Status)
	podspec.DropInitContainerAnnotations(&p.Annotations)
	p.SetDefaults()
	if *p.Spec.TerminationGracePeriodSeconds < 0 {
		*p.Spec.TerminationGracePeriodSeconds = 1
	}
}

func requestsFromLimits(r *corev1.ResourceRequirements) {
	if r.Limits != nil && r.Requests == nil {
		r.Requests = map[string]quantity.Quantity{}
	}
	for name, q := range r.Limits {
		if _, set := r.Requests[name]; !set {
			r.Requests[name] = q.DeepCopy()
		}
	}
}

func defaultHostPorts(containers []corev1.Container) {
	for i := range containers {
		for j := range containers[i].Ports {
			if p := &containers[i].Ports[j]; p.HostPort == 0 {
				p.HostPort = p.ContainerPort
			}
		}
	}
}

func isHugePage(name string) bool { return strings.HasPrefix(name, "hugepages-") }

// podLevel says whether a resource can be given for the pod as a whole.
func podLevel(name string) bool { return name == "cpu" || name == "memory" || isHugePage(name) }

// hugePageLimits gives a pod that has resources of its own the sum of its containers' huge page limits, where it names
// neither a limit nor a request for that size.
func hugePageLimits(s *corev1.PodSpec, r *corev1.ResourceRequirements) {
	if len(r.Limits) == 0 && len(r.Requests) == 0 {
		return
	}
	for name, q := range total(s, func(r *corev1.ResourceRequirements) map[string]quantity.Quantity { return r.Limits }) {
		_, requested := r.Requests[name]
		_, limited := r.Limits[name]
		if !isHugePage(name) || requested || limited {
			continue
		}
		if r.Limits == nil {
			r.Limits = map[string]quantity.Quantity{}
		}
		r.Limits[name] = q
	}
}

// podRequests gives a pod with limits of its own the requests that its containers add up to and, for what none of them
// requests, its limits.
func podRequests(s *corev1.PodSpec, r *corev1.ResourceRequirements) {
	if len(r.Limits) == 0 {
		return
	}
	requests := r.Requests
	if requests == nil {
		requests = map[string]quantity.Quantity{}
	}
	for name, q := range total(s, func(r *corev1.ResourceRequirements) map[string]quantity.Quantity { return r.Requests }) {
		if _, set := requests[name]; !set && podLevel(name) && !isHugePage(name) {
			requests[name] = q
		}
	}
	for name, q := range r.Limits {
		if _, set := requests[name]; !set && podLevel(name) {
			requests[name] = q.DeepCopy()
		}
	}
	if len(requests) > 0 {
		r.Requests = requests
	}
}

// total is what a pod's containers need at most at any time: the sum of those that run beside each other, or what an init
// container needs beside the sidecars started before it, whichever is more.
func total(s *corev1.PodSpec, of func(*corev1.ResourceRequirements) map[string]quantity.Quantity) map[string]quantity.Quantity {
	running, sidecars, starting := map[string]quantity.Quantity{}, map[string]quantity.Quantity{}, map[string]quantity.Quantity{}
	for i := range s.Containers {
		add(running, of(&s.Containers[i].Resources))
	}
	for i := range s.InitContainers {
		c := &s.InitContainers[i]
		needs := of(&c.Resources)
		if c.RestartPolicy != nil && *c.RestartPolicy == "Always" {
			add(running, needs)
			add(sidecars, needs)
			atLeast(starting, ofNames(sidecars, needs))
			continue
		}
		// Of the rest the sidecars alone need what starting has already.
		beside := ofNames(sidecars, needs)
		add(beside, needs)
		atLeast(starting, beside)
	}
	atLeast(running, starting)
	return running
}

func add(sum, more map[string]quantity.Quantity) {
	for name, q := range more {
		s, ok := sum[name]
		if !ok {
			sum[name] = q.DeepCopy()
			continue
		}
		s.Add(q)
		sum[name] = s
	}
}

// ofNames is what of the amounts has a name in names. Amounts may be of many containers, names are of one.
func ofNames(amounts, names map[string]quantity.Quantity) map[string]quantity.Quantity {
	out := make(map[string]quantity.Quantity, len(names))
	for name := range names {
		if q, ok := amounts[name]; ok {
			out[name] = q.DeepCopy()
		}
	}
	return out
}

func atLeast(sum, least map[string]quantity.Quantity) {
	for name, q := range least {
		if s, ok := sum[name]; !ok || q.Cmp(s) > 0 {
			sum[name] = q.DeepCopy()
		}
	}
}

// mirrorPodIPs: the single address, which old kubelets write, wins over the list; the list's first fills the single one.
func mirrorPodIPs(s *corev1.PodStatus) {
	if s.PodIP != "" && (len(s.PodIPs) == 0 || s.PodIPs[0].IP != s.PodIP) {
		s.PodIPs = []corev1.PodIP{{IP: s.PodIP}}
	}
	if s.PodIP == "" && len(s.PodIPs) > 0 {
		s.PodIP = s.PodIPs[0].IP
	}
}
