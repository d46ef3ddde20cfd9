package apps

import (
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/core"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var statefulSets = kind.Kind{
	Group: group, Resource: "statefulsets",
	Strategy:     statefulSet,
	Subresources: map[string]kind.Strategy{"status": statefulSetStatus},
	Defaults:     map[string]func(object.Object){"v1": kind.OnDefault(defaultStatefulSet)},
}

func statefulSet(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateName = validation.NameIsDNSLabel
	if d.Features.Enabled("MaxUnavailableStatefulSet") {
		s.Default = kind.OnDefault(func(o *appsv1.StatefulSet) {
			if u := o.Spec.UpdateStrategy; u.Type == "RollingUpdate" && u.RollingUpdate != nil && u.RollingUpdate.MaxUnavailable == nil {
				one := intstr.FromInt32(1)
				u.RollingUpdate.MaxUnavailable = &one
			}
		})
	}
	s.Ruled = func(o object.Object, update bool) object.Object {
		set, ok := o.(*appsv1.StatefulSet)
		if !ok {
			return o
		}
		ruled := *set
		ruled.Spec.Template = *withClaims(set)
		if update { // immutable, so an old fault in them must not prevent other changes
			ruled.Spec.VolumeClaimTemplates, ruled.Spec.ServiceName = nil, ""
		}
		return &ruled
	}
	s.ValidateWith = kind.CheckWith(func(o, old *appsv1.StatefulSet) field.ErrorList {
		var was *corev1.PodTemplateSpec
		if old != nil {
			was = &old.Spec.Template
		}
		errs := podspec.TemplateSelected(o.Spec.Selector, o.Spec.Template.Labels, "statefulset", "", spec)
		pods := withClaims(o)
		errs = append(errs, podspec.ValidateEndless(d, pods, was, "StatefulSet", spec.Child("template"))...)
		r, at := o.Spec.UpdateStrategy.RollingUpdate, spec.Child("updateStrategy", "rollingUpdate")
		switch {
		case r != nil && o.Spec.UpdateStrategy.Type == onDelete:
			errs = append(errs, field.Invalid(at, display.Value(r), "only allowed for updateStrategy 'RollingUpdate'"))
		case r != nil && r.MaxUnavailable != nil:
			errs = append(errs, kind.Amount(r.MaxUnavailable, true, at.Child("maxUnavailable"))...)
			if kind.Nothing(r.MaxUnavailable) {
				errs = append(errs, field.Invalid(at.Child("maxUnavailable"), r.MaxUnavailable, "cannot be 0"))
			}
		}
		return errs
	})
	s.ValidateCreate = kind.Check(func(o *appsv1.StatefulSet) (errs field.ErrorList) {
		for i := range o.Spec.VolumeClaimTemplates {
			errs = append(errs, core.ClaimSpec(&o.Spec.VolumeClaimTemplates[i].Spec, spec.Child("volumeClaimTemplates").Index(i).Child("spec"))...)
		}
		return errs
	})
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *appsv1.StatefulSet) field.ErrorList {
		rest := object.Copy(o).Spec
		rest.Replicas, rest.Template, rest.UpdateStrategy, rest.Ordinals = old.Spec.Replicas, old.Spec.Template, old.Spec.UpdateStrategy, old.Spec.Ordinals
		rest.MinReadySeconds, rest.RevisionHistoryLimit = old.Spec.MinReadySeconds, old.Spec.RevisionHistoryLimit
		rest.PersistentVolumeClaimRetentionPolicy = old.Spec.PersistentVolumeClaimRetentionPolicy
		if object.Equal(&rest, &old.Spec) {
			return nil
		}
		return field.ErrorList{field.Forbidden(spec, "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")}
	})
	s.Warnings = kind.Warn(statefulSetWarnings)
}

// withClaims is the template with the volumes of the claim templates.
func withClaims(o *appsv1.StatefulSet) *corev1.PodTemplateSpec {
	if len(o.Spec.VolumeClaimTemplates) == 0 && o.Spec.Template.Spec.Subdomain == "" && o.Spec.Template.Spec.Hostname == "" {
		return &o.Spec.Template
	}
	t := o.Spec.Template.DeepCopy()
	// The controller sets the hostname and the subdomain of each pod.
	t.Spec.Subdomain, t.Spec.Hostname = "", ""
	claimed := map[string]bool{}
	var volumes []corev1.Volume
	for _, c := range o.Spec.VolumeClaimTemplates {
		if !claimed[c.Name] {
			volumes = append(volumes, corev1.Volume{Name: c.Name, PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: c.Name}})
		}
		claimed[c.Name] = true
	}
	for _, v := range t.Spec.Volumes {
		if !claimed[v.Name] {
			volumes = append(volumes, v)
		}
	}
	t.Spec.Volumes = volumes
	return t
}

func statefulSetStatus(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.CheckAllUpdate(kind.Counts(row, "replicas", "readyReplicas", "currentReplicas", "updatedReplicas",
		"availableReplicas", "observedGeneration", "collisionCount"), kind.CheckUpdate(func(o, old *appsv1.StatefulSet) field.ErrorList {
		st, path := &o.Status, field.NewPath("status")
		errs := kind.WithinCounts(path, kind.AtMost("readyReplicas", st.ReadyReplicas, st.Replicas, podspec.OfReplicas), kind.AtMost("currentReplicas", st.CurrentReplicas, st.Replicas, podspec.OfReplicas),
			kind.AtMost("updatedReplicas", st.UpdatedReplicas, st.Replicas, podspec.OfReplicas), kind.AtMost("availableReplicas", st.AvailableReplicas, st.Replicas, podspec.OfReplicas),
			kind.AtMost("availableReplicas", st.AvailableReplicas, st.ReadyReplicas, "status.readyReplicas"))
		return append(errs, kind.NotDecremented(st.CollisionCount, old.Status.CollisionCount, path.Child("collisionCount"))...)
	}))
}

// defaultStatefulSet sets rollingUpdate only if no type of strategy is set.
func defaultStatefulSet(s *appsv1.StatefulSet) {
	if s.Spec.UpdateStrategy.Type == "" {
		kind.SetIfNil(&s.Spec.UpdateStrategy.RollingUpdate, appsv1.RollingUpdateStatefulSetStrategy{})
	}
	podspec.DefaultTemplate(&s.Spec.Template)
	for i := range s.Spec.VolumeClaimTemplates {
		c := &s.Spec.VolumeClaimTemplates[i]
		c.APIVersion, c.Kind = "v1", "PersistentVolumeClaim"
	}
	s.SetDefaults()
}

func statefulSetWarnings(o, old *appsv1.StatefulSet) []string {
	out := podspec.TemplateWarnings(o, old, &o.Spec.Template, spec.Child("template"))
	for i := range o.Spec.VolumeClaimTemplates {
		at := spec.Child("volumeClaimTemplates").Index(i)
		if old != nil {
			at = at.Child("Spec") // upstream's path, only here
		}
		out = append(out, podspec.ClaimWarnings(&o.Spec.VolumeClaimTemplates[i].Spec, at)...)
	}
	if l := o.Spec.RevisionHistoryLimit; l != nil && *l < 0 {
		out = append(out, "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended")
	}
	return out
}

// statefulSetStrategy reports an unknown type with the whole strategy, in words of its own.
func statefulSetStrategy(s *appsv1.StatefulSetUpdateStrategy, path *field.Path) field.ErrorList {
	if s.Type == rollingUpdate || s.Type == onDelete {
		return nil
	}
	return field.ErrorList{field.Invalid(path, display.Value(s), "must be 'RollingUpdate' or 'OnDelete'")}
}

func podManagement(path *field.Path, s string) field.ErrorList {
	if s == "OrderedReady" || s == "Parallel" {
		return nil
	}
	return field.ErrorList{field.Invalid(path, s, "must be 'OrderedReady' or 'Parallel'")}
}
