package podspec

import (
	"k8s.io/apimachinery/pkg/api/resource"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// Total is the maximum that the containers need at any time: the sum of containers and sidecars, or an init container beside the
// sidecars that started before it, whichever is more.
func Total(s *corev1.PodSpec, of func(*corev1.ResourceRequirements) map[string]resource.Quantity) map[string]resource.Quantity {
	running, sidecars, starting := map[string]resource.Quantity{}, map[string]resource.Quantity{}, map[string]resource.Quantity{}
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
		// For other resources starting has the sidecars' sum already.
		beside := ofNames(sidecars, needs)
		add(beside, needs)
		atLeast(starting, beside)
	}
	atLeast(running, starting)
	return running
}

func add(sum, more map[string]resource.Quantity) {
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

// ofNames are the amounts whose names are in names. It iterates over names, which belong to one container, because amounts may
// have those of many.
func ofNames(amounts, names map[string]resource.Quantity) map[string]resource.Quantity {
	out := make(map[string]resource.Quantity, len(names))
	for name := range names {
		if q, ok := amounts[name]; ok {
			out[name] = q.DeepCopy()
		}
	}
	return out
}

func atLeast(sum, least map[string]resource.Quantity) {
	for name, q := range least {
		if s, ok := sum[name]; !ok || q.Cmp(s) > 0 {
			sum[name] = q.DeepCopy()
		}
	}
}
