package core

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/podspec"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var pods = kind.Kind{
	Group: group, Resource: "pods",
	Strategy: podStrategy,
	Subresources: map[string]kind.Strategy{
		"status":              podStatus,
		"binding":             bind,
		"eviction":            eviction,
		"log":                 podLog,
		"exec":                podStream,
		"attach":              podStream,
		"portforward":         podForward,
		"proxy":               proxy,
		"ephemeralcontainers": ephemeralContainers,
		"resize":              podResize,
	},
	Defaults: map[string]func(object.Object){"v1": kind.OnDefault(defaultPod)},
	Cells: kind.Cells{
		"podReady":          kind.CellOf(podReady),
		"podStatus":         kind.CellOf(podReason),
		"podRestarts":       kind.CellSince(podRestarts),
		"podReadinessGates": kind.CellOf(podReadinessGates),
	},
	Conditions: podEnded,
}

func podStrategy(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareForCreate = kind.OnCreate(func(_ context.Context, a *resource.Attempt, pod *corev1.Pod) error {
		pod.Status = corev1.PodStatus{Phase: "Pending", QOSClass: qualityOfService(&pod.Spec)}
		if len(pod.Spec.SchedulingGates) > 0 {
			setCondition(d, pod, corev1.PodCondition{Type: podScheduled, Status: "False", Reason: "SchedulingGated",
				Message: "Scheduling is blocked due to non-empty scheduling gates"})
		}
		mergeLabelKeys(pod)
		appArmorFields(a, pod)
		return nil
	})
	s.Changed = kind.ChangedBy(func(pod, old *corev1.Pod) bool { return !object.Equal(&pod.Spec, &old.Spec) })
	s.ValidateWith = kind.CheckWith(func(pod, old *corev1.Pod) field.ErrorList {
		errs := podspec.Validate(d, &pod.Spec, specOf(old), field.NewPath("spec"))
		errs = append(errs, claimNames(pod, field.NewPath("spec", "volumes"))...)
		errs = append(errs, onlyForPods(&pod.Spec, field.NewPath("spec"))...)
		return append(errs, podAnnotations(pod)...)
	})
	s.ValidateCreate = kind.Check(func(pod *corev1.Pod) field.ErrorList { return append(newPod(&pod.Spec, spec), appArmorMatches(pod)...) })
	s.ValidateUpdate = kind.CheckUpdate(func(pod, old *corev1.Pod) field.ErrorList {
		return append(podAnnotationUpdates(pod, old), validatePodUpdate(pod, old)...)
	})
	s.Warnings = kind.Warn(podWarnings)
	s.GracePeriod = podGrace
	s.Fields = kind.WithFields(s.Fields, func(pod *corev1.Pod, set fields.Set) {
		set["status.podIP"], set["status.podIPs"] = "", ""
		if len(pod.Status.PodIPs) > 0 {
			set["status.podIP"] = pod.Status.PodIPs[0].IP
		}
	})
}

// specOf is the spec of a pod, nil for none.
func specOf(pod *corev1.Pod) *corev1.PodSpec {
	if pod == nil {
		return nil
	}
	return &pod.Spec
}

// podGrace is the grace period of a deletion: zero for a pod without a node, or one that has ended.
func podGrace(_ context.Context, o object.Object, options *metav1.DeleteOptions) int64 {
	pod, ok := o.(*corev1.Pod)
	if !ok {
		return 0
	}
	var seconds int64
	switch {
	case options != nil && options.GracePeriodSeconds != nil:
		seconds = *options.GracePeriodSeconds
	case pod.Spec.TerminationGracePeriodSeconds != nil:
		seconds = *pod.Spec.TerminationGracePeriodSeconds
	}
	switch {
	case pod.Spec.NodeName == "", pod.Status.Phase == "Failed", pod.Status.Phase == "Succeeded":
		return 0
	case seconds < 0:
		return 1
	}
	return seconds
}

// mergeLabelKeys converts matchLabelKeys into requirements with the values of the pod's own labels.
func mergeLabelKeys(pod *corev1.Pod) {
	add := func(selector *metav1.LabelSelector, keys []string, op metav1.LabelSelectorOperator) {
		if selector == nil {
			return
		}
		for _, k := range keys {
			if v, ok := pod.Labels[k]; ok {
				selector.MatchExpressions = append(selector.MatchExpressions, metav1.LabelSelectorRequirement{Key: k, Operator: op, Values: []string{v}})
			}
		}
	}
	term := func(t *corev1.PodAffinityTerm) {
		add(t.LabelSelector, t.MatchLabelKeys, metav1.LabelSelectorOpIn)
		add(t.LabelSelector, t.MismatchLabelKeys, metav1.LabelSelectorOpNotIn)
	}
	if a := pod.Spec.Affinity; a != nil {
		if p := a.PodAffinity; p != nil {
			for i := range p.PreferredDuringSchedulingIgnoredDuringExecution {
				term(&p.PreferredDuringSchedulingIgnoredDuringExecution[i].PodAffinityTerm)
			}
			for i := range p.RequiredDuringSchedulingIgnoredDuringExecution {
				term(&p.RequiredDuringSchedulingIgnoredDuringExecution[i])
			}
		}
		if p := a.PodAntiAffinity; p != nil {
			for i := range p.PreferredDuringSchedulingIgnoredDuringExecution {
				term(&p.PreferredDuringSchedulingIgnoredDuringExecution[i].PodAffinityTerm)
			}
			for i := range p.RequiredDuringSchedulingIgnoredDuringExecution {
				term(&p.RequiredDuringSchedulingIgnoredDuringExecution[i])
			}
		}
	}
	for i := range pod.Spec.TopologySpreadConstraints {
		c := &pod.Spec.TopologySpreadConstraints[i]
		add(c.LabelSelector, c.MatchLabelKeys, metav1.LabelSelectorOpIn)
	}
}

// setCondition sets a condition in a pod's status. The transition time is kept while the status is the same.
func setCondition(d *kind.Deps, pod *corev1.Pod, c corev1.PodCondition) {
	c.LastTransitionTime = metav1.NewTime(d.Now().Truncate(1e9))
	for i := range pod.Status.Conditions {
		if old := &pod.Status.Conditions[i]; old.Type == c.Type {
			if old.Status == c.Status {
				c.LastTransitionTime = old.LastTransitionTime
			}
			*old = c
			return
		}
	}
	pod.Status.Conditions = append(pod.Status.Conditions, c)
}

const podScheduled = "PodScheduled"

func podWarnings(o, old *corev1.Pod) []string {
	if old != nil {
		// Controllers and kubelets update pods often, and would not read warnings.
		return nil
	}
	return append(kind.HostnameWarning("the Pod's hostname", o), podspec.Warnings(nil, &o.Spec, &o.ObjectMeta)...)
}
