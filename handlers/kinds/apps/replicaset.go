package apps

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var replicaSets = kind.Kind{
	Group: group, Resource: "replicasets",
	Strategy:     replicaSet,
	Subresources: map[string]kind.Strategy{"status": replicaSetStatus},
	Defaults:     map[string]func(object.Object){"v1": kind.OnDefault(defaultReplicaSet)},
}

func replicaSet(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateWith = kind.CheckWith(func(o, old *appsv1.ReplicaSet) field.ErrorList {
		var was *corev1.PodTemplateSpec
		if old != nil {
			was = &old.Spec.Template
		}
		errs := podspec.TemplateSelected(o.Spec.Selector, o.Spec.Template.Labels, "deployment", unreadable, spec)
		return append(errs, podspec.ValidateEndless(d, &o.Spec.Template, was, "ReplicaSet", spec.Child("template"))...)
	})
	s.Warnings = kind.Warn(func(o, old *appsv1.ReplicaSet) (out []string) {
		if old == nil {
			out = kind.HostnameWarning(podspec.NamesOfPods, o)
		}
		return append(out, podspec.TemplateWarnings(o, old, &o.Spec.Template, spec.Child("template"))...)
	})
}

func replicaSetStatus(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.CheckAllUpdate(kind.Counts(row, "replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas",
		"observedGeneration", "terminatingReplicas"), kind.CheckUpdate(func(o, _ *appsv1.ReplicaSet) field.ErrorList {
		st := &o.Status
		return podspec.ReplicaCounts(st.FullyLabeledReplicas, st.ReadyReplicas, st.AvailableReplicas, st.Replicas)
	}))
}

func defaultReplicaSet(r *appsv1.ReplicaSet) {
	podspec.DefaultTemplate(&r.Spec.Template)
	r.SetDefaults()
}
