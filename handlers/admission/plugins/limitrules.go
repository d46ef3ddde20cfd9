package plugins

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// faults are what breaks limit ranges. After some hundred nobody reads on, and a pod may have a hundred thousand containers.
type faults []error

const mostFaults = 500

func (f *faults) note(err error) {
	if err != nil && len(*f) < mostFaults {
		*f = append(*f, err)
	}
}

// pod holds the containers of a pod, and all of them together, to a limit range.
func (f *faults) pod(spec *corev1.PodSpec, r *corev1.LimitRange) {
	for i := range r.Spec.Limits {
		switch item := &r.Spec.Limits[i]; item.Type {
		case "Container":
			for j := range spec.Containers {
				f.all(item, spec.Containers[j].Resources.Requests, spec.Containers[j].Resources.Limits)
			}
			for j := range spec.InitContainers {
				f.all(item, spec.InitContainers[j].Resources.Requests, spec.InitContainers[j].Resources.Limits)
			}
		case "Pod":
			requests := atOnce(spec, func(c *corev1.Container) map[string]resource.Quantity { return c.Resources.Requests })
			limits := atOnce(spec, func(c *corev1.Container) map[string]resource.Quantity { return c.Resources.Limits })
			if spec.Resources != nil {
				ownSums(requests, spec.Resources.Requests)
				ownSums(limits, spec.Resources.Limits)
			}
			f.all(item, requests, limits)
		}
	}
}

// ownSums puts what a pod says of itself in the place of the sums of its containers.
func ownSums(sums, own map[string]resource.Quantity) {
	for _, name := range []string{"cpu", "memory"} {
		if q, found := own[name]; found {
			sums[name] = q
		}
	}
}

// claim holds a claim to a limit range.
func (f *faults) claim(c *corev1.PersistentVolumeClaim, r *corev1.LimitRange) {
	for i := range r.Spec.Limits {
		item := &r.Spec.Limits[i]
		if item.Type != "PersistentVolumeClaim" {
			continue
		}
		requests := c.Spec.Resources.Requests
		for _, name := range sortedNames(item.Min) {
			f.note(atLeast(item.Type, name, item.Min[name], requests, nil))
		}
		for _, name := range sortedNames(item.Max) {
			f.note(requestAtMost(item.Type, name, item.Max[name], requests))
		}
	}
}

func (f *faults) all(item *corev1.LimitRangeItem, requests, limits map[string]resource.Quantity) {
	for _, name := range sortedNames(item.Min) {
		f.note(atLeast(item.Type, name, item.Min[name], requests, limits))
	}
	for _, name := range sortedNames(item.Max) {
		f.note(atMost(item.Type, name, item.Max[name], requests, limits))
	}
	for _, name := range sortedNames(item.MaxLimitRequestRatio) {
		f.note(ratio(item.Type, name, item.MaxLimitRequestRatio[name], requests, limits))
	}
}

// sortedNames has faults in one order, where upstream has them in any.
func sortedNames(list map[string]resource.Quantity) []string {
	if len(list) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(list))
}

// values are a request, a limit and what is enforced: in thousandths, unless one is too large for that.
func values(request, limit, enforced resource.Quantity) (r, l, e int64) {
	r, l, e = request.Value(), limit.Value(), enforced.Value()
	if r <= resource.MaxMilliValue && l <= resource.MaxMilliValue && e <= resource.MaxMilliValue {
		return request.MilliValue(), limit.MilliValue(), enforced.MilliValue()
	}
	return r, l, e
}

func atLeast(kind, name string, enforced resource.Quantity, requests, limits map[string]resource.Quantity) error {
	request, requested := requests[name]
	limit, limited := limits[name]
	r, l, e := values(request, limit, enforced)
	switch {
	case !requested:
		return fmt.Errorf("minimum %s usage per %s is %s.  No request is specified", name, kind, enforced.String())
	case r < e:
		return fmt.Errorf("minimum %s usage per %s is %s, but request is %s", name, kind, enforced.String(), request.String())
	case limited && l < e:
		return fmt.Errorf("minimum %s usage per %s is %s, but limit is %s", name, kind, enforced.String(), limit.String())
	}
	return nil
}

func requestAtMost(kind, name string, enforced resource.Quantity, requests map[string]resource.Quantity) error {
	request, requested := requests[name]
	r, _, e := values(request, resource.Quantity{}, enforced)
	switch {
	case !requested:
		return fmt.Errorf("maximum %s usage per %s is %s.  No request is specified", name, kind, enforced.String())
	case r > e:
		return fmt.Errorf("maximum %s usage per %s is %s, but request is %s", name, kind, enforced.String(), request.String())
	}
	return nil
}

func atMost(kind, name string, enforced resource.Quantity, requests, limits map[string]resource.Quantity) error {
	request, requested := requests[name]
	limit, limited := limits[name]
	r, l, e := values(request, limit, enforced)
	switch {
	case !limited:
		return fmt.Errorf("maximum %s usage per %s is %s.  No limit is specified", name, kind, enforced.String())
	case l > e:
		return fmt.Errorf("maximum %s usage per %s is %s, but limit is %s", name, kind, enforced.String(), limit.String())
	case requested && r > e:
		return fmt.Errorf("maximum %s usage per %s is %s, but request is %s", name, kind, enforced.String(), request.String())
	}
	return nil
}

func ratio(kind, name string, enforced resource.Quantity, requests, limits map[string]resource.Quantity) error {
	request, requested := requests[name]
	limit, limited := limits[name]
	r, l, _ := values(request, limit, enforced)
	switch {
	case !requested || r == 0:
		return fmt.Errorf("%s max limit to request ratio per %s is %s, but no request is specified or request is 0", name, kind, enforced.String())
	case !limited || l == 0:
		return fmt.Errorf("%s max limit to request ratio per %s is %s, but no limit is specified or limit is 0", name, kind, enforced.String())
	}
	given := float64(l) / float64(r)
	scaled, most := given, float64(enforced.Value())
	if enforced.Value() <= resource.MaxMilliValue {
		scaled, most = given*1000, float64(enforced.MilliValue())
	}
	if scaled > most {
		return fmt.Errorf("%s max limit to request ratio per %s is %s, but provided ratio is %f", name, kind, enforced.String(), given)
	}
	return nil
}
