package podspec

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// podResources validates pod-level resources against those of the containers.
func podResources(spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	if spec.Resources == nil {
		return nil
	}
	whole := spec.Resources
	if spec.OS != nil && spec.OS.Name == "windows" {
		return nil // operatingSystem forbids them
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
			at := path.Child(of.name).Key(k)
			// The field rules refuse what containers cannot request either.
			if k != "cpu" && k != "memory" && !HugePages(k) && len(ContainerResourceName(k, at)) == 0 {
				errs = append(errs, notOfPods(k, at))
			}
		}
	}
	errs = append(errs, requirements(whole.Requests, whole.Limits, path)...)
	errs = append(errs, usedClaims(whole.Claims, claimNames(spec), path.Child("claims"))...)
	requests := Total(spec, func(r *corev1.ResourceRequirements) map[string]resource.Quantity { return r.Requests })
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		if q, ok := whole.Requests[name]; ok && q.Cmp(requests[name]) < 0 {
			sum := requests[name]
			errs = append(errs, field.Invalid(path.Child("requests").Key(name), q.String(), "must be greater than or equal to aggregate container requests of "+sum.String()))
		}
	}
	limits := Total(spec, func(r *corev1.ResourceRequirements) map[string]resource.Quantity { return r.Limits })
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		if q, ok := whole.Limits[name]; ok && HugePages(name) && q.Cmp(limits[name]) < 0 {
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
