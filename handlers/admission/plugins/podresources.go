package plugins

import (
	"k8s.io/apimachinery/pkg/api/resource"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// copied is a list of quantities of its own: what was looked up is shared.
func copied(list map[string]resource.Quantity) map[string]resource.Quantity {
	if list == nil {
		return nil
	}
	out := make(map[string]resource.Quantity, len(list))
	for name, q := range list {
		out[name] = q.DeepCopy()
	}
	return out
}

// add adds each quantity of more to that of its name.
func add(to, more map[string]resource.Quantity) {
	for name, q := range more {
		sum := to[name].DeepCopy()
		sum.Add(q)
		to[name] = sum
	}
}

// raise makes each quantity at least that of more.
func raise(to, more map[string]resource.Quantity) {
	for name, q := range more {
		if has, found := to[name]; !found || q.Cmp(has) > 0 {
			to[name] = q.DeepCopy()
		}
	}
}

// resourcesOf are the requests or limits of one container.
type resourcesOf func(*corev1.Container) map[string]resource.Quantity

// atOnce is the most that the containers of a pod need at one time: the sum of those that run together, or what one needs that runs
// before them, beside the sidecars that have begun until then.
func atOnce(spec *corev1.PodSpec, of resourcesOf) map[string]resource.Quantity {
	together, before, sidecars := map[string]resource.Quantity{}, map[string]resource.Quantity{}, map[string]resource.Quantity{}
	for i := range spec.Containers {
		add(together, of(&spec.Containers[i]))
	}
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		if c.RestartPolicy != nil && *c.RestartPolicy == "Always" {
			add(together, of(c))
			add(sidecars, of(c))
			raise(before, sidecars)
			continue
		}
		alone := copied(sidecars)
		add(alone, of(c))
		raise(before, alone)
	}
	raise(together, before)
	return together
}
