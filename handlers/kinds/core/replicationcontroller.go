package core

import (
	"maps"

	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var replicationControllers = kind.Kind{
	Group: group, Resource: "replicationcontrollers",
	Strategy:     replicationController,
	Subresources: map[string]kind.Strategy{"status": replicationControllerStatus},
	Defaults:     map[string]func(object.Object){"v1": kind.OnDefault(defaultReplicationController)},
}

func replicationController(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	// Its names are judged by the newer set of rules, which leaves the beginning of a generated one alone.
	s.ValidateName = func(name string, prefix bool) []string {
		if prefix {
			return kind.PathSegment(name, prefix)
		}
		return content.IsDNS1123Subdomain(name)
	}
	s.ValidateWith = kind.CheckWith(func(o, old *corev1.ReplicationController) (errs field.ErrorList) {
		var was *corev1.PodTemplateSpec
		if old != nil {
			was = old.Spec.Template
		}
		if len(o.Spec.Selector) == 0 {
			errs = append(errs, field.Required(spec.Child("selector"), ""))
		}
		t := o.Spec.Template
		if t == nil {
			return append(errs, field.Required(spec.Child("template"), ""))
		}
		for k, v := range o.Spec.Selector {
			if t.Labels[k] != v {
				errs = append(errs, field.Invalid(spec.Child("template", "metadata", "labels"), t.Labels, podspec.NoMatch))
				break
			}
		}
		return append(errs, podspec.ValidateEndless(d, t, was, "ReplicationController", spec.Child("template"))...)
	})
	s.Warnings = kind.Warn(func(o, old *corev1.ReplicationController) (out []string) {
		t := o.Spec.Template
		if old == nil {
			out = kind.HostnameWarning(podspec.NamesOfPods, o)
		} else {
			// Upstream compares with the old template.
			t = old.Spec.Template
		}
		if t == nil {
			return out
		}
		return append(out, podspec.TemplateWarnings(o, old, t, spec.Child("template"))...)
	})
}

func replicationControllerStatus(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	counts := kind.Counts(row, "replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration")
	s.ValidateUpdate = kind.CheckAllUpdate(counts, kind.CheckUpdate(func(o, _ *corev1.ReplicationController) field.ErrorList {
		st := &o.Status
		return podspec.ReplicaCounts(st.FullyLabeledReplicas, st.ReadyReplicas, st.AvailableReplicas, st.Replicas)
	}))
}

func defaultReplicationController(r *corev1.ReplicationController) {
	if t := r.Spec.Template; t != nil {
		podspec.DefaultTemplate(t)
		if t.Labels != nil && len(r.Spec.Selector) == 0 {
			r.Spec.Selector = maps.Clone(t.Labels)
		}
		if t.Labels != nil && len(r.Labels) == 0 {
			r.Labels = maps.Clone(t.Labels)
		}
	}
	r.SetDefaults()
}
