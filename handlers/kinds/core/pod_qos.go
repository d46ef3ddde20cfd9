package core

import (
	quantity "k8s.io/apimachinery/pkg/api/resource"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// qualityOfService is the QoS class: Guaranteed when cpu and memory limits of all containers equal their requests, BestEffort
// without requests and limits, otherwise Burstable. Pod-level resources replace those of the containers.
func qualityOfService(spec *corev1.PodSpec) string {
	requests, limits := map[string]quantity.Quantity{}, map[string]quantity.Quantity{}
	guaranteed := true
	add := func(r *corev1.ResourceRequirements, needsLimits bool) {
		for _, name := range []string{"cpu", "memory"} {
			if q, ok := r.Requests[name]; ok && q.Sign() > 0 {
				sum := requests[name]
				sum.Add(q)
				requests[name] = sum
			}
			if q, ok := r.Limits[name]; ok && q.Sign() > 0 {
				sum := limits[name]
				sum.Add(q)
				limits[name] = sum
			} else if needsLimits {
				guaranteed = false
			}
		}
	}
	if spec.Resources != nil {
		add(spec.Resources, len(spec.Resources.Limits) > 0)
	} else {
		for i := range spec.Containers {
			add(&spec.Containers[i].Resources, true)
		}
		for i := range spec.InitContainers {
			add(&spec.InitContainers[i].Resources, true)
		}
	}
	if len(requests) == 0 && len(limits) == 0 {
		return "BestEffort"
	}
	for name, request := range requests {
		if limit, ok := limits[name]; !ok || limit.Cmp(request) != 0 {
			guaranteed = false
		}
	}
	if guaranteed && len(requests) == len(limits) {
		return "Guaranteed"
	}
	return "Burstable"
}
