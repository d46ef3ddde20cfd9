package strategy

import (
	"context"

	schedulingv1alpha2 "github.com/gatehouse-dev/gatehouse/gen/types/scheduling/v1alpha2"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// podGroups: fields of features that are off are not stored, unless the object has them already.
func podGroups(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForCreate = onCreate(func(_ context.Context, o *schedulingv1alpha2.PodGroup) error {
		dropGroupFeatures(&o.Spec, &schedulingv1alpha2.PodGroupSpec{})
		return nil
	})
	s.PrepareForUpdate = onUpdate(func(_ context.Context, o, old *schedulingv1alpha2.PodGroup) error {
		dropGroupFeatures(&o.Spec, &old.Spec)
		return nil
	})
}

func dropGroupFeatures(spec, old *schedulingv1alpha2.PodGroupSpec) {
	if old.SchedulingConstraints == nil {
		spec.SchedulingConstraints = nil
	}
	if len(old.ResourceClaims) == 0 {
		spec.ResourceClaims = nil
	}
	if old.DisruptionMode == nil {
		spec.DisruptionMode = nil
	}
	if old.PriorityClassName == "" {
		spec.PriorityClassName = ""
	}
	if old.Priority == nil {
		spec.Priority = nil
	}
}
