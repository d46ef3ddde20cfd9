package strategy

import (
	"context"
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	appsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apps/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// workloads are the entries of what makes pods.
var workloads = map[key]entry{
	{"apps", "deployments", ""}:         deployments,
	{"apps", "deployments", "status"}:   deploymentStatus,
	{"apps", "replicasets", ""}:         replicaSets,
	{"apps", "replicasets", "status"}:   replicaSetStatus,
	{"apps", "statefulsets", ""}:        statefulSets,
	{"apps", "statefulsets", "status"}:  statefulSetStatus,
	{"apps", "daemonsets", ""}:          daemonSets,
	{"apps", "controllerrevisions", ""}: controllerRevisions,
	{"batch", "jobs", ""}:               jobs,
	{"batch", "cronjobs", ""}:           cronJobs,
}

var spec = field.NewPath("spec")

const unreadable = "invalid label selector"

func deployments(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.Changed = changedBy(func(o, old *appsv1.Deployment) bool {
		// Annotations carry a rollout's cause, which its controller copies to the replica set.
		return !object.Equal(&o.Spec, &old.Spec) || !object.Equal(&o.Annotations, &old.Annotations)
	})
	s.Validate = check(func(o *appsv1.Deployment) field.ErrorList {
		errs := templateSelected(o.Spec.Selector, o.Spec.Template.Labels, "deployment", unreadable, spec)
		errs = append(errs, template(&o.Spec.Template, "ReplicaSet", spec.Child("template"))...)
		at := spec.Child("strategy", "rollingUpdate")
		switch r := o.Spec.Strategy.RollingUpdate; {
		case o.Spec.Strategy.Type == "Recreate" && r != nil:
			errs = append(errs, field.Forbidden(at, "may not be specified when strategy `type` is 'Recreate'"))
		case o.Spec.Strategy.Type == "RollingUpdate" && r == nil:
			errs = append(errs, field.Required(at, "this should be defaulted and never be nil"))
		case o.Spec.Strategy.Type == "RollingUpdate":
			errs = append(errs, amount(r.MaxUnavailable, true, at.Child("maxUnavailable"))...)
			errs = append(errs, amount(r.MaxSurge, false, at.Child("maxSurge"))...)
			if nothing(r.MaxUnavailable) && nothing(r.MaxSurge) {
				errs = append(errs, field.Invalid(at.Child("maxUnavailable"), r.MaxUnavailable, "may not be 0 when `maxSurge` is 0"))
			}
		}
		if p := o.Spec.ProgressDeadlineSeconds; p != nil && *p <= o.Spec.MinReadySeconds {
			errs = append(errs, field.Invalid(spec.Child("progressDeadlineSeconds"), *p, "must be greater than minReadySeconds"))
		}
		return errs
	})
}

func deploymentStatus(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = checkUpdate(func(o, old *appsv1.Deployment) field.ErrorList {
		st, path := &o.Status, field.NewPath("status")
		errs := withinCounts(path, atMost("updatedReplicas", st.UpdatedReplicas, st.Replicas, ofReplicas), atMost("readyReplicas", st.ReadyReplicas, st.Replicas, ofReplicas),
			atMost("availableReplicas", st.AvailableReplicas, st.Replicas, ofReplicas), atMost("availableReplicas", st.AvailableReplicas, st.ReadyReplicas, ofReady))
		return append(errs, notDecremented(st.CollisionCount, old.Status.CollisionCount, path.Child("collisionCount"))...)
	})
}

func replicaSets(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.Validate = check(func(o *appsv1.ReplicaSet) field.ErrorList {
		errs := templateSelected(o.Spec.Selector, o.Spec.Template.Labels, "deployment", unreadable, spec)
		return append(errs, template(&o.Spec.Template, "ReplicaSet", spec.Child("template"))...)
	})
}

func replicaSetStatus(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = checkUpdate(func(o, _ *appsv1.ReplicaSet) field.ErrorList {
		st := &o.Status
		return replicaCounts(st.FullyLabeledReplicas, st.ReadyReplicas, st.AvailableReplicas, st.Replicas)
	})
}

func statefulSets(d *Deps, _ resources.Row, s *resource.Strategy) {
	if d.Features.Enabled("MaxUnavailableStatefulSet") {
		s.Default = onDefault(func(o *appsv1.StatefulSet) {
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
		ruled.Spec.Template.Spec.Volumes = withClaims(set).Spec.Volumes
		if update { // they cannot change, so a fault in them must not keep the rest from changing
			ruled.Spec.VolumeClaimTemplates, ruled.Spec.ServiceName = nil, ""
		}
		return &ruled
	}
	s.Validate = check(func(o *appsv1.StatefulSet) field.ErrorList {
		errs := templateSelected(o.Spec.Selector, o.Spec.Template.Labels, "statefulset", "", spec)
		pods := withClaims(o)
		errs = append(errs, template(pods, "StatefulSet", spec.Child("template"))...)
		r, at := o.Spec.UpdateStrategy.RollingUpdate, spec.Child("updateStrategy", "rollingUpdate")
		switch {
		case r != nil && o.Spec.UpdateStrategy.Type == "OnDelete":
			errs = append(errs, field.Invalid(at, display(r), "only allowed for updateStrategy 'RollingUpdate'"))
		case r != nil && r.MaxUnavailable != nil:
			errs = append(errs, amount(r.MaxUnavailable, true, at.Child("maxUnavailable"))...)
			if nothing(r.MaxUnavailable) {
				errs = append(errs, field.Invalid(at.Child("maxUnavailable"), r.MaxUnavailable, "cannot be 0"))
			}
		}
		return errs
	})
	s.ValidateCreate = check(func(o *appsv1.StatefulSet) (errs field.ErrorList) {
		for i := range o.Spec.VolumeClaimTemplates {
			errs = append(errs, claimSpec(&o.Spec.VolumeClaimTemplates[i].Spec, spec.Child("volumeClaimTemplates").Index(i).Child("spec"))...)
		}
		return errs
	})
	s.ValidateUpdate = checkUpdate(func(o, old *appsv1.StatefulSet) field.ErrorList {
		rest := object.Copy(o).Spec
		rest.Replicas, rest.Template, rest.UpdateStrategy, rest.Ordinals = old.Spec.Replicas, old.Spec.Template, old.Spec.UpdateStrategy, old.Spec.Ordinals
		rest.MinReadySeconds, rest.RevisionHistoryLimit = old.Spec.MinReadySeconds, old.Spec.RevisionHistoryLimit
		rest.PersistentVolumeClaimRetentionPolicy = old.Spec.PersistentVolumeClaimRetentionPolicy
		if object.Equal(&rest, &old.Spec) {
			return nil
		}
		return field.ErrorList{field.Forbidden(spec, "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")}
	})
}

// withClaims is a set's template with the volumes that its claims become.
func withClaims(o *appsv1.StatefulSet) *corev1.PodTemplateSpec {
	if len(o.Spec.VolumeClaimTemplates) == 0 && o.Spec.Template.Spec.Subdomain == "" && o.Spec.Template.Spec.Hostname == "" {
		return &o.Spec.Template
	}
	t := o.Spec.Template.DeepCopy()
	// The controller names each pod and its domain.
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

func statefulSetStatus(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = checkUpdate(func(o, old *appsv1.StatefulSet) field.ErrorList {
		st, path := &o.Status, field.NewPath("status")
		errs := withinCounts(path, atMost("readyReplicas", st.ReadyReplicas, st.Replicas, ofReplicas), atMost("currentReplicas", st.CurrentReplicas, st.Replicas, ofReplicas),
			atMost("updatedReplicas", st.UpdatedReplicas, st.Replicas, ofReplicas), atMost("availableReplicas", st.AvailableReplicas, st.Replicas, ofReplicas),
			atMost("availableReplicas", st.AvailableReplicas, st.ReadyReplicas, "status.readyReplicas"))
		return append(errs, notDecremented(st.CollisionCount, old.Status.CollisionCount, path.Child("collisionCount"))...)
	})
}

func daemonSets(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.ChangesFirst = true
	// templateGeneration is an older count of changes of the template; nobody but the server writes it.
	const annotation = "deprecated.daemonset.template.generation"
	set := func(o *appsv1.DaemonSet, n int64) {
		if o.Annotations == nil {
			o.Annotations = map[string]string{}
		}
		o.Annotations[annotation] = fmt.Sprint(n)
	}
	count := func(o *appsv1.DaemonSet) (n int64) {
		if _, err := fmt.Sscan(o.Annotations[annotation], &n); err != nil || n < 1 {
			return 0
		}
		return n
	}
	s.PrepareForCreate = onCreate(func(_ context.Context, _ *resource.Attempt, o *appsv1.DaemonSet) error {
		set(o, max(1, count(o)))
		return nil
	})
	s.PrepareForUpdate = onUpdate(func(_ context.Context, _ *resource.Attempt, o, old *appsv1.DaemonSet) error {
		n := count(old)
		if !object.Equal(&o.Spec.Template, &old.Spec.Template) {
			n++
		}
		set(o, n)
		return nil
	})
	s.Validate = check(func(o *appsv1.DaemonSet) field.ErrorList {
		// A missing selector is not missed by itself, and one that cannot be read only has the faults of its parts.
		errs := labelSelector(o.Spec.Selector, spec.Child("selector"))
		if compiled, err := metav1.LabelSelectorAsSelector(o.Spec.Selector); err == nil && !compiled.Matches(labels.Set(o.Spec.Template.Labels)) {
			errs = append(errs, field.Invalid(spec.Child("template", "metadata", "labels"), o.Spec.Template.Labels, noMatch))
		}
		if o.Spec.Selector != nil && emptySelector(o.Spec.Selector) {
			errs = append(errs, field.Invalid(spec.Child("selector"), o.Spec.Selector, "empty selector is invalid for daemonset"))
		}
		errs = append(errs, template(&o.Spec.Template, "DaemonSet", spec.Child("template"))...)
		if o.Spec.UpdateStrategy.Type != "RollingUpdate" {
			return errs
		}
		r, at := o.Spec.UpdateStrategy.RollingUpdate, spec.Child("updateStrategy", "rollingUpdate")
		if r == nil {
			return append(errs, field.Required(at, ""))
		}
		errs = append(errs, amount(r.MaxUnavailable, true, at.Child("maxUnavailable"))...)
		errs = append(errs, amount(r.MaxSurge, true, at.Child("maxSurge"))...)
		switch unavailable, surge := !nothing(r.MaxUnavailable), !nothing(r.MaxSurge); {
		case unavailable && surge:
			errs = append(errs, field.Invalid(at.Child("maxSurge"), r.MaxSurge, "may not be set when maxUnavailable is non-zero"))
		case !unavailable && !surge:
			errs = append(errs, field.Required(at.Child("maxUnavailable"), "cannot be 0 when maxSurge is 0"))
		}
		return errs
	})
}

func controllerRevisions(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateCreate = check(func(o *appsv1.ControllerRevision) field.ErrorList {
		path := field.NewPath("data")
		var v any
		if o.Data.Raw == nil {
			return field.ErrorList{field.Required(path, "data is mandatory")}
		}
		if err := json.Unmarshal(o.Data.Raw, &v); err != nil {
			return field.ErrorList{field.Invalid(path, "<value omitted>", fmt.Sprintf("error parsing data: %v", err))}
		}
		switch v.(type) {
		case nil:
			return field.ErrorList{field.Required(path, "data is mandatory")}
		case map[string]any:
			return nil
		}
		return field.ErrorList{field.Required(path, "data must be a valid JSON object")}
	})
}
