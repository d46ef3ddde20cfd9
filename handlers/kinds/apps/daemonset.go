package apps

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
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

var daemonSets = kind.Kind{
	Group: group, Resource: "daemonsets",
	Strategy:     daemonSet,
	Subresources: map[string]kind.Strategy{"status": daemonSetStatus},
	Defaults:     map[string]func(object.Object){"v1": kind.OnDefault(defaultDaemonSet)},
}

func daemonSet(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ChangesFirst = true
	// templateGeneration is the deprecated counter of template changes, which the server writes.
	set := setTemplateGeneration
	// The counter is an annotation in v1, which the writer owns, as with upstream.
	s.Default = kind.OnDefault(func(o *appsv1.DaemonSet) {
		if _, ok := o.Annotations[templateGeneration]; !ok {
			set(o, 0)
		}
	})
	s.PrepareForCreate = kind.OnCreate(func(_ context.Context, _ *resource.Attempt, o *appsv1.DaemonSet) error {
		set(o, max(1, countedTemplates(o)))
		return nil
	})
	s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, o, old *appsv1.DaemonSet) error {
		n := countedTemplates(old)
		if !object.Equal(&o.Spec.Template, &old.Spec.Template) {
			n++
		}
		set(o, n)
		return nil
	})
	s.ValidateWith = kind.CheckWith(func(o, old *appsv1.DaemonSet) field.ErrorList {
		var was *corev1.PodTemplateSpec
		if old != nil {
			was = &old.Spec.Template
		}
		// Upstream does not require the selector itself, and reports an invalid one by its parts only.
		errs := kind.LabelSelector(o.Spec.Selector, spec.Child("selector"))
		if compiled, err := metav1.LabelSelectorAsSelector(o.Spec.Selector); err == nil && !compiled.Matches(labels.Set(o.Spec.Template.Labels)) {
			errs = append(errs, field.Invalid(spec.Child("template", "metadata", "labels"), o.Spec.Template.Labels, podspec.NoMatch))
		}
		if o.Spec.Selector != nil && podspec.EmptySelector(o.Spec.Selector) {
			errs = append(errs, field.Invalid(spec.Child("selector"), o.Spec.Selector, "empty selector is invalid for daemonset"))
		}
		errs = append(errs, podspec.ValidateEndless(d, &o.Spec.Template, was, "DaemonSet", spec.Child("template"))...)
		if o.Spec.UpdateStrategy.Type != "RollingUpdate" {
			return errs
		}
		r, at := o.Spec.UpdateStrategy.RollingUpdate, spec.Child("updateStrategy", "rollingUpdate")
		if r == nil {
			return append(errs, field.Required(at, ""))
		}
		errs = append(errs, kind.Amount(r.MaxUnavailable, true, at.Child("maxUnavailable"))...)
		errs = append(errs, kind.Amount(r.MaxSurge, true, at.Child("maxSurge"))...)
		switch unavailable, surge := !kind.Nothing(r.MaxUnavailable), !kind.Nothing(r.MaxSurge); {
		case unavailable && surge:
			errs = append(errs, field.Invalid(at.Child("maxSurge"), r.MaxSurge, "may not be set when maxUnavailable is non-zero"))
		case !unavailable && !surge:
			errs = append(errs, field.Required(at.Child("maxUnavailable"), "cannot be 0 when maxSurge is 0"))
		}
		return errs
	})
	s.Warnings = kind.Warn(func(o, old *appsv1.DaemonSet) []string {
		if old != nil && equality.Semantic.DeepEqual(old.Spec.Template, o.Spec.Template) {
			return nil
		}
		return podspec.Warnings(spec.Child("template"), &o.Spec.Template.Spec, &o.Spec.Template.ObjectMeta)
	})
}

func daemonSetStatus(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	counts := kind.Counts(row, "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady", "observedGeneration",
		"updatedNumberScheduled", "numberAvailable", "numberUnavailable", "collisionCount")
	s.PrepareStatus = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, o, old *appsv1.DaemonSet) error {
		setTemplateGeneration(o, countedTemplates(old)) // it counts changes of the spec, which a status leaves alone
		return nil
	})
	s.ValidateUpdate = kind.CheckAllUpdate(counts, kind.CheckUpdate(func(o, old *appsv1.DaemonSet) field.ErrorList {
		return kind.NotDecremented(o.Status.CollisionCount, old.Status.CollisionCount, field.NewPath("status", "collisionCount"))
	}))
}

// templateGeneration is the annotation that counts the changes of the template.
const templateGeneration = "deprecated.daemonset.template.generation"

func setTemplateGeneration(o *appsv1.DaemonSet, n int64) {
	if o.Annotations == nil {
		o.Annotations = map[string]string{}
	}
	o.Annotations[templateGeneration] = fmt.Sprint(n)
}

// countedTemplates is the count that an object has; 0 when it has none or one that is no count.
func countedTemplates(o *appsv1.DaemonSet) (n int64) {
	if _, err := fmt.Sscan(o.Annotations[templateGeneration], &n); err != nil || n < 1 {
		return 0
	}
	return n
}

// defaultDaemonSet sets the defaults of a rolling update. OnDelete may have one without effect, whose missing numbers are zero.
func defaultDaemonSet(d *appsv1.DaemonSet) {
	d.SetDefaults()
	if s := &d.Spec.UpdateStrategy; s.Type == rollingUpdate {
		kind.SetIfNil(&s.RollingUpdate, appsv1.RollingUpdateDaemonSet{})
		kind.SetIfNil(&s.RollingUpdate.MaxUnavailable, intstr.FromInt32(1))
	}
	if r := d.Spec.UpdateStrategy.RollingUpdate; r != nil {
		kind.SetIfNil(&r.MaxUnavailable, intstr.FromInt32(0))
		kind.SetIfNil(&r.MaxSurge, intstr.FromInt32(0))
	}
	podspec.DefaultTemplate(&d.Spec.Template)
}

// daemonSetStrategy reports an unknown type with the whole strategy, as upstream does.
func daemonSetStrategy(s *appsv1.DaemonSetUpdateStrategy, path *field.Path) field.ErrorList {
	if s.Type == rollingUpdate || s.Type == onDelete {
		return nil
	}
	return field.ErrorList{field.NotSupported(path, display.Value(s), []string{rollingUpdate, onDelete})}
}
