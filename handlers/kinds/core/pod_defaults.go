package core

import (
	quantity "k8s.io/apimachinery/pkg/api/resource"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
)

// defaultPod sets the defaults of pods beyond those of templates: requests from limits, host ports from container ports.
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

// podLevel reports whether a resource may be set at pod level.
func podLevel(name string) bool { return name == "cpu" || name == "memory" || podspec.HugePages(name) }

// hugePageLimits sets the pod-level limits of huge pages to the sum of the containers' limits, if the pod has pod-level resources
// and neither a limit nor a request for that size.
func hugePageLimits(s *corev1.PodSpec, r *corev1.ResourceRequirements) {
	if len(r.Limits) == 0 && len(r.Requests) == 0 {
		return
	}
	for name, q := range podspec.Total(s, func(r *corev1.ResourceRequirements) map[string]quantity.Quantity { return r.Limits }) {
		_, requested := r.Requests[name]
		_, limited := r.Limits[name]
		if !podspec.HugePages(name) || requested || limited {
			continue
		}
		if r.Limits == nil {
			r.Limits = map[string]quantity.Quantity{}
		}
		r.Limits[name] = q
	}
}

// podRequests sets the pod-level requests of a pod with pod-level limits: to the sum of the containers' requests, or to the limit
// of a resource that no container requests.
func podRequests(s *corev1.PodSpec, r *corev1.ResourceRequirements) {
	if len(r.Limits) == 0 {
		return
	}
	requests := r.Requests
	if requests == nil {
		requests = map[string]quantity.Quantity{}
	}
	for name, q := range podspec.Total(s, func(r *corev1.ResourceRequirements) map[string]quantity.Quantity { return r.Requests }) {
		if _, set := requests[name]; !set && podLevel(name) && !podspec.HugePages(name) {
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

// mirrorPodIPs keeps podIP and podIPs equal. podIP, which old kubelets write, takes precedence.
func mirrorPodIPs(s *corev1.PodStatus) {
	if s.PodIP != "" && (len(s.PodIPs) == 0 || s.PodIPs[0].IP != s.PodIP) {
		s.PodIPs = []corev1.PodIP{{IP: s.PodIP}}
	}
	if s.PodIP == "" && len(s.PodIPs) > 0 {
		s.PodIP = s.PodIPs[0].IP
	}
}
