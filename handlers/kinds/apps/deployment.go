package apps

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var deployments = kind.Kind{
	Group: group, Resource: "deployments",
	Strategy:     deployment,
	Subresources: map[string]kind.Strategy{"status": deploymentStatus},
	Defaults:     map[string]func(object.Object){"v1": kind.OnDefault(defaultDeployment)},
}

func deployment(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.Changed = kind.ChangedBy(func(o, old *appsv1.Deployment) bool {
		// Annotations count, because the controller copies them to the replica set.
		return !object.Equal(&o.Spec, &old.Spec) || !object.Equal(&o.Annotations, &old.Annotations)
	})
	s.ValidateWith = kind.CheckWith(func(o, old *appsv1.Deployment) field.ErrorList {
		var was *corev1.PodTemplateSpec
		if old != nil {
			was = &old.Spec.Template
		}
		errs := podspec.TemplateSelected(o.Spec.Selector, o.Spec.Template.Labels, "deployment", unreadable, spec)
		errs = append(errs, podspec.ValidateEndless(d, &o.Spec.Template, was, "ReplicaSet", spec.Child("template"))...)
		at := spec.Child("strategy", "rollingUpdate")
		switch r := o.Spec.Strategy.RollingUpdate; {
		case o.Spec.Strategy.Type == "Recreate" && r != nil:
			errs = append(errs, field.Forbidden(at, "may not be specified when strategy `type` is 'Recreate'"))
		case o.Spec.Strategy.Type == "RollingUpdate" && r == nil:
			errs = append(errs, field.Required(at, "this should be defaulted and never be nil"))
		case o.Spec.Strategy.Type == "RollingUpdate":
			errs = append(errs, kind.Amount(r.MaxUnavailable, true, at.Child("maxUnavailable"))...)
			errs = append(errs, kind.Amount(r.MaxSurge, false, at.Child("maxSurge"))...)
			if kind.Nothing(r.MaxUnavailable) && kind.Nothing(r.MaxSurge) {
				errs = append(errs, field.Invalid(at.Child("maxUnavailable"), r.MaxUnavailable, "may not be 0 when `maxSurge` is 0"))
			}
		}
		if p := o.Spec.ProgressDeadlineSeconds; p != nil && *p <= o.Spec.MinReadySeconds {
			errs = append(errs, field.Invalid(spec.Child("progressDeadlineSeconds"), *p, "must be greater than minReadySeconds"))
		}
		return errs
	})
	s.Warnings = kind.Warn(func(o, old *appsv1.Deployment) (out []string) {
		if old == nil {
			out = kind.HostnameWarning(podspec.NamesOfPods, o)
		}
		return append(out, podspec.TemplateWarnings(o, old, &o.Spec.Template, spec.Child("template"))...)
	})
}

func deploymentStatus(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.CheckAllUpdate(kind.Counts(row, "observedGeneration", "replicas", "updatedReplicas", "readyReplicas",
		"availableReplicas", "unavailableReplicas", "terminatingReplicas", "collisionCount"), kind.CheckUpdate(func(o, old *appsv1.Deployment) field.ErrorList {
		st, path := &o.Status, field.NewPath("status")
		errs := kind.WithinCounts(path, kind.AtMost("updatedReplicas", st.UpdatedReplicas, st.Replicas, podspec.OfReplicas), kind.AtMost("readyReplicas", st.ReadyReplicas, st.Replicas, podspec.OfReplicas),
			kind.AtMost("availableReplicas", st.AvailableReplicas, st.Replicas, podspec.OfReplicas), kind.AtMost("availableReplicas", st.AvailableReplicas, st.ReadyReplicas, podspec.OfReady))
		return append(errs, kind.NotDecremented(st.CollisionCount, old.Status.CollisionCount, path.Child("collisionCount"))...)
	}))
}

func defaultDeployment(d *appsv1.Deployment) {
	if s := &d.Spec.Strategy; (s.Type == "" || s.Type == rollingUpdate) && s.RollingUpdate == nil {
		s.RollingUpdate = &appsv1.RollingUpdateDeployment{}
	}
	podspec.DefaultTemplate(&d.Spec.Template)
	d.SetDefaults()
}

// deploymentStrategy reports an unknown type with the whole strategy, as upstream does.
func deploymentStrategy(s *appsv1.DeploymentStrategy, path *field.Path) field.ErrorList {
	if s.Type == rollingUpdate || s.Type == "Recreate" {
		return nil
	}
	return field.ErrorList{field.NotSupported(path, display.Value(s), []string{"Recreate", rollingUpdate})}
}
