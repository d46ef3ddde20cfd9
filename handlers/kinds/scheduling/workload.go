package scheduling

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/validate"
	"k8s.io/apimachinery/pkg/util/validation/field"

	schedulingv1alpha2 "github.com/gatehouse-dev/gatehouse/gen/types/scheduling/v1alpha2"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var workloads = kind.Kind{Group: group, Resource: "workloads", Strategy: workload}

// mostTemplates is the maximum number of pod group templates.
const mostTemplates = 8

func workload(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateCreate = kind.Check(func(o *schedulingv1alpha2.Workload) (errs field.ErrorList) {
		if r := o.Spec.ControllerRef; r != nil {
			errs = append(errs, controller(r, spec.Child("controllerRef"))...)
		}
		at := spec.Child("podGroupTemplates")
		switch n := len(o.Spec.PodGroupTemplates); {
		case n == 0:
			return append(errs, field.Required(at, ""))
		case n > mostTemplates:
			return append(errs, field.TooMany(at, n, mostTemplates))
		}
		seen := map[string]bool{}
		for i, t := range o.Spec.PodGroupTemplates {
			if seen[t.Name] {
				errs = append(errs, field.Duplicate(at.Index(i), t))
			}
			seen[t.Name] = true
		}
		for i := range o.Spec.PodGroupTemplates {
			t, at := &o.Spec.PodGroupTemplates[i], at.Index(i)
			errs = append(errs, text(t.Name, at.Child("name"), validate.ShortName[string])...)
			errs = append(errs, policy(&t.SchedulingPolicy, at.Child("schedulingPolicy"))...)
			errs = append(errs, constraints(t.SchedulingConstraints, at.Child("schedulingConstraints"))...)
			errs = append(errs, claims(t.ResourceClaims, at.Child("resourceClaims"))...)
			errs = append(errs, priority(t.PriorityClassName, t.Priority, at)...)
		}
		return errs
	})
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *schedulingv1alpha2.Workload) (errs field.ErrorList) {
		if !equality.Semantic.DeepEqual(o.Spec.ControllerRef, old.Spec.ControllerRef) {
			errs = append(errs, fixed("controllerRef"))
		}
		if !equality.Semantic.DeepEqual(o.Spec.PodGroupTemplates, old.Spec.PodGroupTemplates) {
			errs = append(errs, fixed("podGroupTemplates"))
		}
		if len(o.Spec.PodGroupTemplates) == 0 {
			errs = append(errs, field.Required(spec.Child("podGroupTemplates"), ""))
		}
		return errs
	})
}

func controller(r *schedulingv1alpha2.TypedLocalObjectReference, path *field.Path) (errs field.ErrorList) {
	if r.APIGroup != "" {
		errs = append(errs, text(r.APIGroup, path.Child("apiGroup"), validate.LongName[string])...)
	}
	errs = append(errs, text(r.Kind, path.Child("kind"), validate.PathSegmentName[string])...)
	return append(errs, text(r.Name, path.Child("name"), validate.PathSegmentName[string])...)
}
