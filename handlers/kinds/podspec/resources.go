package podspec

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// podResources holds what a pod asks for as a whole against what its containers ask for.
func podResources(spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	if spec.Resources == nil {
		return nil
	}
	whole := spec.Resources
	if spec.OS != nil && spec.OS.Name == "windows" {
		return nil // which may not have any: operatingSystem says so
	}
	var errs field.ErrorList
	if whole.Claims != nil {
		errs = append(errs, field.Forbidden(path.Child("claims"), "claims may not be set for Resources at pod-level"))
	}
	for _, of := range []struct {
		name string
		list map[string]resource.Quantity
	}{{"limits", whole.Limits}, {"requests", whole.Requests}} {
		for _, k := range kind.SortedKeys(of.list) {
			// Others are no names of resources at all, which the model refuses.
			if k == "ephemeral-storage" || strings.Contains(k, "/") && len(validation.IsQualifiedName(k)) == 0 {
				errs = append(errs, field.NotSupported(path.Child(of.name).Key(k), k, []string{"cpu", "hugepages-", "memory"}))
			}
		}
	}
	errs = append(errs, requirements(whole.Requests, whole.Limits, path)...)
	errs = append(errs, usedClaims(whole.Claims, claimNames(spec), path.Child("claims"))...)
	requests := together(spec, func(r *corev1.ResourceRequirements) map[string]resource.Quantity { return r.Requests })
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		if q, ok := whole.Requests[name]; ok && q.Cmp(requests[name]) < 0 {
			sum := requests[name]
			errs = append(errs, field.Invalid(path.Child("requests").Key(name), q.String(), "must be greater than or equal to aggregate container requests of "+sum.String()))
		}
	}
	limits := together(spec, func(r *corev1.ResourceRequirements) map[string]resource.Quantity { return r.Limits })
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		if q, ok := whole.Limits[name]; ok && hugePages(name) && q.Cmp(limits[name]) < 0 {
			sum := limits[name]
			errs = append(errs, field.Invalid(path.Child("limits").Key(name), q.String(), "must be greater than or equal to aggregate container limits of "+sum.String()))
		}
	}
	for i := range spec.Containers {
		own := spec.Containers[i].Resources.Limits
		for _, name := range slices.Sorted(maps.Keys(own)) {
			q := own[name]
			if most, ok := whole.Limits[name]; ok && q.Cmp(most) > 0 {
				errs = append(errs, field.Invalid(path.Child("containers").Index(i).Key(name).Child("limits"), q.String(), "must be less than or equal to pod limits of "+most.String()))
			}
		}
	}
	return errs
}

// together is what the containers need at the time when they need most: those that run on and all sidecars, or one of the
// others while it runs beside the sidecars that started before it.
func together(spec *corev1.PodSpec, of func(*corev1.ResourceRequirements) map[string]resource.Quantity) map[string]resource.Quantity {
	sum, sidecars, most := map[string]resource.Quantity{}, map[string]resource.Quantity{}, map[string]resource.Quantity{}
	add := func(to, what map[string]resource.Quantity) {
		for name, q := range what {
			n := to[name].DeepCopy()
			n.Add(q)
			to[name] = n
		}
	}
	raise := func(to, what map[string]resource.Quantity) {
		for name, q := range what {
			if have, ok := to[name]; !ok || q.Cmp(have) > 0 {
				to[name] = q.DeepCopy()
			}
		}
	}
	for i := range spec.Containers {
		add(sum, of(&spec.Containers[i].Resources))
	}
	for i := range spec.InitContainers {
		c := &spec.InitContainers[i]
		if c.RestartPolicy != nil && *c.RestartPolicy == "Always" {
			add(sum, of(&c.Resources))
			add(sidecars, of(&c.Resources))
			raise(most, ofNames(sidecars, of(&c.Resources)))
			continue
		}
		// Of the rest the sidecars alone need what most has already.
		now := ofNames(sidecars, of(&c.Resources))
		add(now, of(&c.Resources))
		raise(most, now)
	}
	raise(sum, most)
	return sum
}

// ofNames is what of the amounts has a name in names. Amounts may be of many containers, names are of one.
func ofNames(amounts, names map[string]resource.Quantity) map[string]resource.Quantity {
	out := make(map[string]resource.Quantity, len(names))
	for name := range names {
		if q, ok := amounts[name]; ok {
			out[name] = q.DeepCopy()
		}
	}
	return out
}
