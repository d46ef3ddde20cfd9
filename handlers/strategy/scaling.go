package strategy

import (
	"context"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	autoscalingv1 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v1"
	autoscalingv2 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v2"
	policyv1 "github.com/gatehouse-dev/gatehouse/gen/types/policy/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func autoscalers(d *Deps, row resources.Row, s *resource.Strategy) {
	if row.Version == "v1" {
		s.PrepareForCreate = onCreate(func(_ context.Context, _ *resource.Attempt, o *autoscalingv1.HorizontalPodAutoscaler) error {
			takeNotes(o, nil, statusNotes)
			return nil
		})
		s.PrepareForUpdate = onUpdate(func(_ context.Context, _ *resource.Attempt, o, old *autoscalingv1.HorizontalPodAutoscaler) error {
			takeNotes(o, old.Annotations, statusNotes)
			withoutZeros(o)
			return nil
		})
	}
	s.ValidateCreate = func(_ context.Context, o object.Object) field.ErrorList { return autoscaler(d, o, nil) }
	s.ValidateUpdate = func(_ context.Context, o, old object.Object) field.ErrorList { return autoscaler(d, o, old) }
}

// autoscaler finds what is wrong with an autoscaler of either version; old is nil for a new one. Down to nothing may scale who
// has the feature, or did so before.
func autoscaler(d *Deps, o, old object.Object) field.ErrorList {
	least := int32(1)
	if d.Features.Enabled("HPAScaleToZero") || scalesToZero(old) {
		least = 0
	}
	switch o := o.(type) {
	case *autoscalingv1.HorizontalPodAutoscaler:
		t := o.Spec.ScaleTargetRef
		errs := append(replicaBounds(least, o.Spec.MinReplicas, o.Spec.MaxReplicas), scaled(t.Kind, t.Name, t.APIVersion)...)
		// The only metric of this version is one of several in the others, and reported as such.
		if u := o.Spec.TargetCPUUtilizationPercentage; u != nil && *u < 1 {
			errs = append(errs, field.Invalid(spec.Child("metrics").Index(0).Child("resource", "target", "averageUtilization"), *u, "must be greater than 0"))
		}
		if none(o.Spec.MinReplicas) {
			errs = append(errs, field.Forbidden(spec.Child("metrics"), toZero))
		}
		return errs
	case *autoscalingv2.HorizontalPodAutoscaler:
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
	return field.ErrorList{field.InternalError(nil, wrongType(o))}
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

func autoscalerStatus(_ *Deps, row resources.Row, s *resource.Strategy) {
	if row.Version == "v1" {
		s.PrepareStatus = onUpdate(func(_ context.Context, _ *resource.Attempt, o, old *autoscalingv1.HorizontalPodAutoscaler) error {
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
func scaled(kind, name, apiVersion string) field.ErrorList {
	return append(reference(kind, name, spec.Child("scaleTargetRef")), targetGroup(apiVersion)...)
}

func reference(kind, name string, path *field.Path) field.ErrorList {
	return append(needed(path.Child("kind"), kind, segment), needed(path.Child("name"), name, segment)...)
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

func disruptionBudgets(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = check(func(o *policyv1.PodDisruptionBudget) (errs field.ErrorList) {
		if o.Spec.MinAvailable != nil && o.Spec.MaxUnavailable != nil {
			errs = append(errs, field.Invalid(spec, display(o.Spec), "minAvailable and maxUnavailable cannot be both set"))
		}
		errs = append(errs, amount(o.Spec.MinAvailable, true, spec.Child("minAvailable"))...)
		errs = append(errs, amount(o.Spec.MaxUnavailable, true, spec.Child("maxUnavailable"))...)
		return append(errs, labelSelector(o.Spec.Selector, spec.Child("selector"))...)
	})
}
