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

// validateAutoscaler finds what is wrong with an autoscaler of either version; old is nil for a new one. Down to nothing may scale who
// has the feature, or did so before.
func validateAutoscaler(d *kind.Deps, o, old object.Object) field.ErrorList {
	least := int32(1)
	if d.Features.Enabled("HPAScaleToZero") || scalesToZero(old) {
		least = 0
	}
	switch o := o.(type) {
	case *autoscalingv1.HorizontalPodAutoscaler:
		// The rules are for what is stored: what this version says in annotations is held to them too.
		stored, err := toV2(o)
		if err != nil {
			return field.ErrorList{field.InternalError(nil, err)}
		}
		return autoscalerFaults(least, stored)
	case *autoscalingv2.HorizontalPodAutoscaler:
		return autoscalerFaults(least, o)
	}
	return field.ErrorList{field.InternalError(nil, kind.WrongType(o))}
}

func autoscalerFaults(least int32, o *autoscalingv2.HorizontalPodAutoscaler) field.ErrorList {
	t, outside := o.Spec.ScaleTargetRef, false
	errs := append(replicaBounds(least, o.Spec.MinReplicas, o.Spec.MaxReplicas), scaled(t.Kind, t.Name, t.APIVersion)...)
	for i := range o.Spec.Metrics {
		m := &o.Spec.Metrics[i]
		errs = append(errs, metric(m, spec.Child("metrics").Index(i))...)
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

// The first version keeps in annotations what only the second has fields for. They are the parts of spec and status that
// the fields would be.
var (
	specNotes   = []string{"metrics", "behavior", "scale-down-tolerance", "scale-up-tolerance"}
	statusNotes = []string{"current-metrics", "conditions"}
)

// takeNotes gives o the annotations of those names that from has, and no others.
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

// withoutZeros: the note of the current metrics says 0 where the stored object has no value beside a utilization. Taken from
// the old object as it is, it would add a value with every write through the first version. A note that cannot be read stays:
// nothing is made of it.
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

// scaled is the reference to what is scaled.
func scaled(target, name, apiVersion string) field.ErrorList {
	return append(reference(target, name, spec.Child("scaleTargetRef")), targetGroup(apiVersion)...)
}

func reference(target, name string, path *field.Path) field.ErrorList {
	return append(kind.Needed(path.Child("kind"), target, kind.Segment), kind.Needed(path.Child("name"), name, kind.Segment)...)
}

// targetGroup: what is scaled is in a group with a name, or is a replication controller.
func targetGroup(apiVersion string) field.ErrorList {
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err == nil && gv.Group == "" && gv.Version != "v1" {
		err = fmt.Errorf("apiVersion must specify API group")
	}
	if err != nil {
		return field.ErrorList{field.Invalid(spec.Child("scaleTargetRef", "apiVersion"), apiVersion, err.Error())}
	}
	return nil
}

// defaultAutoscalerV1 aims at 80 % CPU when neither the field nor the annotation with other metrics says what to aim at.
func defaultAutoscalerV1(h *autoscalingv1.HorizontalPodAutoscaler) {
	if _, other := h.Annotations["autoscaling.alpha.kubernetes.io/metrics"]; !other {
		kind.SetIfNil(&h.Spec.TargetCPUUtilizationPercentage, 80)
	}
	h.SetDefaults()
}

// defaultAutoscaler without metrics aims at 80 % of the requested CPU. Behavior, once given, is completed rule by rule.
func defaultAutoscaler(h *autoscalingv2.HorizontalPodAutoscaler) {
	// This version has fields for what the first one keeps in annotations, and does not keep those.
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
