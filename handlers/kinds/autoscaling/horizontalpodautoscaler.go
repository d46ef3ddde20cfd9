package autoscaling

import (
	"context"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	autoscalingv1 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v1"
	autoscalingv2 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v2"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var autoscalers = kind.Kind{
	Group: group, Resource: "horizontalpodautoscalers",
	Strategy:     autoscaler,
	Subresources: map[string]kind.Strategy{"status": autoscalerStatus},
	Defaults: map[string]func(object.Object){
		"v1": kind.OnDefault(defaultAutoscalerV1),
		"v2": kind.OnDefault(defaultAutoscaler),
	},
	Conversions: []kind.Conversion{
		{From: v1, To: v2, Convert: kind.Converter(toV2)},
		{From: v2, To: v1, Convert: kind.Converter(toV1)},
	},
	Cells: kind.Cells{"scalerTargets": kind.CellOf(scalerTargets)},
}

// The versions of the kind.
var (
	v1 = schema.GroupVersionKind{Group: group, Version: "v1", Kind: "HorizontalPodAutoscaler"}
	v2 = schema.GroupVersionKind{Group: group, Version: "v2", Kind: "HorizontalPodAutoscaler"}
)

func autoscaler(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	if row.Version == "v1" {
		s.PrepareForCreate = kind.OnCreate(func(_ context.Context, _ *resource.Attempt, o *autoscalingv1.HorizontalPodAutoscaler) error {
			takeNotes(o, nil, statusNotes)
			return nil
		})
		s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, o, old *autoscalingv1.HorizontalPodAutoscaler) error {
			takeNotes(o, old.Annotations, statusNotes)
			withoutZeros(o)
			return nil
		})
	}
	s.ValidateCreate = func(_ context.Context, o object.Object) field.ErrorList { return validateAutoscaler(d, o, nil) }
	s.ValidateUpdate = func(_ context.Context, o, old object.Object) field.ErrorList { return validateAutoscaler(d, o, old) }
}

// validateAutoscaler validates an autoscaler of either version; old is nil for a create. minReplicas may be 0 with the feature gate,
// or if it was before.
func validateAutoscaler(d *kind.Deps, o, old object.Object) field.ErrorList {
	least := int32(1)
	if d.Features.Enabled("HPAScaleToZero") || scalesToZero(old) {
		least = 0
	}
	switch o := o.(type) {
	case *autoscalingv1.HorizontalPodAutoscaler:
		// The rules apply to the stored version, so they cover what v1 has in annotations.
		stored, err := toV2(o)
		if err != nil {
			return field.ErrorList{field.InternalError(nil, err)}
		}
		var was *autoscalingv2.HorizontalPodAutoscaler
		if first, ok := old.(*autoscalingv1.HorizontalPodAutoscaler); ok {
			if was, err = toV2(first); err != nil {
				return field.ErrorList{field.InternalError(nil, err)}
			}
		}
		return autoscalerFaults(least, stored, was)
	case *autoscalingv2.HorizontalPodAutoscaler:
		was, _ := old.(*autoscalingv2.HorizontalPodAutoscaler)
		return autoscalerFaults(least, o, was)
	}
	return field.ErrorList{field.InternalError(nil, kind.WrongType(o))}
}

func autoscalerFaults(least int32, o, old *autoscalingv2.HorizontalPodAutoscaler) field.ErrorList {
	t, outside := o.Spec.ScaleTargetRef, false
	errs := append(replicaBounds(least, o.Spec.MinReplicas, o.Spec.MaxReplicas), reference(t.Kind, t.Name, spec.Child("scaleTargetRef"))...)
	if old == nil || old.Spec.ScaleTargetRef.Kind != t.Kind || old.Spec.ScaleTargetRef.APIVersion != t.APIVersion {
		errs = append(errs, inVersion(t.APIVersion, t.Kind == "ReplicationController", spec.Child("scaleTargetRef"))...)
	}
	described := !describesBadly(old)
	for i := range o.Spec.Metrics {
		m := &o.Spec.Metrics[i]
		errs = append(errs, metric(m, described, spec.Child("metrics").Index(i))...)
		outside = outside || m.Type == "Object" || m.Type == "External"
	}
	if none(o.Spec.MinReplicas) && !outside {
		errs = append(errs, field.Forbidden(spec.Child("metrics"), toZero))
	}
	if b := o.Spec.Behavior; b != nil {
		errs = append(errs, scalingRules(b.ScaleUp, spec.Child("behavior", "scaleUp"))...)
		errs = append(errs, scalingRules(b.ScaleDown, spec.Child("behavior", "scaleDown"))...)
	}
	return errs
}

func scalesToZero(o object.Object) bool {
	switch o := o.(type) {
	case *autoscalingv1.HorizontalPodAutoscaler:
		return none(o.Spec.MinReplicas)
	case *autoscalingv2.HorizontalPodAutoscaler:
		return none(o.Spec.MinReplicas)
	}
	return false
}

func autoscalerStatus(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.Counts(row, "currentReplicas", "desiredReplicas")
	if row.Version == "v1" {
		s.PrepareStatus = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, o, old *autoscalingv1.HorizontalPodAutoscaler) error {
			takeNotes(o, old.Annotations, specNotes)
			return nil
		})
	}
}

// Annotations of v1 for fields that only v2 has, of the spec and of the status.
var (
	specNotes   = []string{"metrics", "behavior", "scale-down-tolerance", "scale-up-tolerance"}
	statusNotes = []string{"current-metrics", "conditions"}
)

// takeNotes replaces the annotations of those names in o by those of from.
func takeNotes(o *autoscalingv1.HorizontalPodAutoscaler, from map[string]string, names []string) {
	for _, name := range names {
		name = "autoscaling.alpha.kubernetes.io/" + name
		if v, ok := from[name]; ok {
			metav1.SetMetaDataAnnotation(&o.ObjectMeta, name, v)
		} else {
			delete(o.Annotations, name)
		}
	}
}

// withoutZeros removes the value 0 from the annotation of the current metrics, which has it where the stored object has a
// utilization only. Otherwise every write through v1 would add a value. An invalid annotation stays as it is.
func withoutZeros(o *autoscalingv1.HorizontalPodAutoscaler) {
	const note = "autoscaling.alpha.kubernetes.io/current-metrics"
	var metrics []map[string]any
	if json.Unmarshal([]byte(o.Annotations[note]), &metrics) != nil {
		return
	}
	for _, m := range metrics {
		for _, source := range []string{"resource", "containerResource"} {
			if r, ok := m[source].(map[string]any); ok && r["currentAverageUtilization"] != nil && r["currentAverageValue"] == "0" {
				delete(r, "currentAverageValue")
			}
		}
	}
	if b, err := json.Marshal(metrics); err == nil {
		o.Annotations[note] = string(b)
	}
}

const toZero = "must specify at least one Object or External metric to support scaling to zero replicas"

func none(replicas *int32) bool { return replicas != nil && *replicas == 0 }

func replicaBounds(bound int32, least *int32, most int32) (errs field.ErrorList) {
	const one = "must be greater than or equal to 1"
	at := spec.Child("maxReplicas")
	if least != nil && *least < bound {
		errs = append(errs, field.Invalid(spec.Child("minReplicas"), *least, fmt.Sprintf("must be greater than or equal to %d", bound)))
	}
	switch {
	case most == 0:
		errs = append(errs, field.Required(at, "must be set and greater than 0"))
	case most < 0:
		errs = append(errs, field.Invalid(at, most, one))
	}
	if least != nil && most < *least {
		errs = append(errs, field.Invalid(at, most, "must be greater than or equal to `minReplicas`"))
	}
	return errs
}

func reference(target, name string, path *field.Path) field.ErrorList {
	return append(kind.Needed(path.Child("kind"), target, kind.Segment), kind.Needed(path.Child("name"), name, kind.Segment)...)
}

// inVersion validates the apiVersion of a reference; core allows the group without a name.
func inVersion(apiVersion string, core bool, path *field.Path) field.ErrorList {
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err == nil && gv.Group == "" && !core {
		err = fmt.Errorf("apiVersion must specify API group")
	}
	if err != nil {
		return field.ErrorList{field.Invalid(path.Child("apiVersion"), apiVersion, err.Error())}
	}
	return nil
}

// describesBadly reports whether an Object metric of the old autoscaler, which may be nil, has an invalid apiVersion: then new ones may.
func describesBadly(o *autoscalingv2.HorizontalPodAutoscaler) bool {
	if o == nil {
		return false
	}
	for i := range o.Spec.Metrics {
		if m := &o.Spec.Metrics[i]; m.Type == "Object" && m.Object != nil && len(inVersion(m.Object.DescribedObject.APIVersion, true, nil)) > 0 {
			return true
		}
	}
	return false
}

// defaultAutoscalerV1 sets a target of 80 % CPU unless the field or the annotation has a target.
func defaultAutoscalerV1(h *autoscalingv1.HorizontalPodAutoscaler) {
	if _, other := h.Annotations["autoscaling.alpha.kubernetes.io/metrics"]; !other {
		kind.SetIfNil(&h.Spec.TargetCPUUtilizationPercentage, 80)
	}
	h.SetDefaults()
}

// defaultAutoscaler sets a target of 80 % CPU if there are no metrics, and completes a behavior that is given.
func defaultAutoscaler(h *autoscalingv2.HorizontalPodAutoscaler) {
	// v2 has fields for v1's annotations, and drops those.
	if hasNotes(h.Annotations) {
		h.Annotations = dropNotes(h.Annotations)
	}
	h.SetDefaults()
	if len(h.Spec.Metrics) == 0 {
		utilization := int32(80)
		h.Spec.Metrics = []autoscalingv2.MetricSpec{{Type: "Resource", Resource: &autoscalingv2.ResourceMetricSource{
			Name:   "cpu",
			Target: autoscalingv2.MetricTarget{Type: "Utilization", AverageUtilization: &utilization},
		}}}
	}
	b := h.Spec.Behavior
	if b == nil {
		return
	}
	kind.SetIfNil(&b.ScaleUp, autoscalingv2.HPAScalingRules{})
	kind.SetIfNil(&b.ScaleUp.StabilizationWindowSeconds, 0)
	defaultRules(b.ScaleUp,
		autoscalingv2.HPAScalingPolicy{Type: "Pods", Value: 4, PeriodSeconds: 15},
		autoscalingv2.HPAScalingPolicy{Type: "Percent", Value: 100, PeriodSeconds: 15})
	kind.SetIfNil(&b.ScaleDown, autoscalingv2.HPAScalingRules{})
	defaultRules(b.ScaleDown, autoscalingv2.HPAScalingPolicy{Type: "Percent", Value: 100, PeriodSeconds: 15})
}

func defaultRules(r *autoscalingv2.HPAScalingRules, policies ...autoscalingv2.HPAScalingPolicy) {
	kind.SetIfNil(&r.SelectPolicy, "Max")
	if r.Policies == nil {
		r.Policies = policies
	}
}
