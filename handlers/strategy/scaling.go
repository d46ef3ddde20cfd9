package strategy

import (
	"context"
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

func autoscalers(_ *Deps, row resources.Row, s *resource.Strategy) {
	if row.Version == "v1" {
		s.PrepareForCreate = onCreate(func(_ context.Context, o *autoscalingv1.HorizontalPodAutoscaler) error {
			takeNotes(o, nil, statusNotes)
			return nil
		})
		s.PrepareForUpdate = onUpdate(func(_ context.Context, o, old *autoscalingv1.HorizontalPodAutoscaler) error {
			takeNotes(o, old.Annotations, statusNotes)
			return nil
		})
	}
	s.Validate = func(_ context.Context, o object.Object) field.ErrorList {
		switch o := o.(type) {
		case *autoscalingv1.HorizontalPodAutoscaler:
			return append(replicaBounds(o.Spec.MinReplicas, o.Spec.MaxReplicas), targetGroup(o.Spec.ScaleTargetRef.APIVersion)...)
		case *autoscalingv2.HorizontalPodAutoscaler:
			errs := append(replicaBounds(o.Spec.MinReplicas, o.Spec.MaxReplicas), targetGroup(o.Spec.ScaleTargetRef.APIVersion)...)
			for i := range o.Spec.Metrics {
				errs = append(errs, metricUnion(&o.Spec.Metrics[i], spec.Child("metrics").Index(i))...)
			}
			if b := o.Spec.Behavior; b != nil {
				for name, r := range map[string]*autoscalingv2.HPAScalingRules{"scaleUp": b.ScaleUp, "scaleDown": b.ScaleDown} {
					if r != nil && len(r.Policies) == 0 {
						errs = append(errs, field.Required(spec.Child("behavior", name, "policies"), "must specify at least one Policy"))
					}
				}
			}
			return errs
		}
		return field.ErrorList{field.InternalError(nil, wrongType(o))}
	}
}

func autoscalerStatus(_ *Deps, row resources.Row, s *resource.Strategy) {
	if row.Version == "v1" {
		s.PrepareStatus = onUpdate(func(_ context.Context, o, old *autoscalingv1.HorizontalPodAutoscaler) error {
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

func replicaBounds(least *int32, most int32) field.ErrorList {
	if least != nil && most < *least {
		return field.ErrorList{field.Invalid(spec.Child("maxReplicas"), most, "must be greater than or equal to `minReplicas`")}
	}
	return nil
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

// metricUnion wants the member that the type names, and no other.
func metricUnion(m *autoscalingv2.MetricSpec, path *field.Path) (errs field.ErrorList) {
	members := []struct {
		kind, name string
		set        bool
	}{
		{"Object", "object", m.Object != nil}, {"Pods", "pods", m.Pods != nil}, {"Resource", "resource", m.Resource != nil},
		{"External", "external", m.External != nil}, {"ContainerResource", "containerResource", m.ContainerResource != nil},
	}
	for _, x := range members {
		switch {
		case x.kind == m.Type && !x.set:
			errs = append(errs, field.Required(path.Child(x.name), "must populate information for the given metric source"))
		case x.kind != m.Type && x.set:
			errs = append(errs, field.Forbidden(path.Child(x.name), "must populate the given metric source only"))
		}
	}
	return errs
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
