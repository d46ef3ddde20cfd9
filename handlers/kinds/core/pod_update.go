package core

import (
	"fmt"
	"math"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// podMayChange is the message about the mutable fields of a pod spec.
const podMayChange = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`," +
	"`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations)," +
	"`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"

func validatePodUpdate(pod, old *corev1.Pod) field.ErrorList {
	path := field.NewPath("spec")
	errs, stop := containerUpdates(pod.Spec.Containers, old.Spec.Containers, path.Child("containers"))
	if stop {
		return errs
	}
	more, stop := containerUpdates(pod.Spec.InitContainers, old.Spec.InitContainers, path.Child("initContainers"))
	if errs = append(errs, more...); stop {
		return errs
	}
	more, stop = deadlineUpdate(pod.Spec.ActiveDeadlineSeconds, old.Spec.ActiveDeadlineSeconds, path.Child("activeDeadlineSeconds"))
	if errs = append(errs, more...); stop {
		return errs
	}
	errs = append(errs, addedTolerations(pod.Spec.Tolerations, old.Spec.Tolerations, path.Child("tolerations"))...)
	errs = append(errs, removedGates(pod.Spec.SchedulingGates, old.Spec.SchedulingGates, path.Child("schedulingGates"))...)
	if object.Equal(&pod.Spec, &old.Spec) {
		return errs
	}
	// Copy the mutable fields from the old spec; what then differs is immutable.
	rest := object.Copy(pod).Spec
	for i := range rest.Containers {
		rest.Containers[i].Image = old.Spec.Containers[i].Image
	}
	for i := range rest.InitContainers {
		rest.InitContainers[i].Image = old.Spec.InitContainers[i].Image
	}
	rest.ActiveDeadlineSeconds = old.Spec.ActiveDeadlineSeconds
	rest.SchedulingGates = old.Spec.SchedulingGates
	rest.Tolerations = old.Spec.Tolerations
	if was, now := old.Spec.TerminationGracePeriodSeconds, rest.TerminationGracePeriodSeconds; was != nil && *was < 0 && now != nil && *now == 1 {
		rest.TerminationGracePeriodSeconds = was
	}
	if len(old.Spec.SchedulingGates) > 0 {
		errs = append(errs, gatedUpdates(&rest, &old.Spec, path)...)
	}
	if !object.Equal(&rest, &old.Spec) {
		errs = append(errs, field.Forbidden(path, podMayChange+display.Diff(old.Spec, rest)))
	}
	return errs
}

func containerUpdates(now, old []corev1.Container, path *field.Path) (errs field.ErrorList, stop bool) {
	if len(now) != len(old) {
		return field.ErrorList{field.Forbidden(path, "pod updates may not add or remove containers")}, true
	}
	for i, c := range now {
		if strings.TrimSpace(c.Image) != c.Image {
			errs = append(errs, field.Invalid(path.Index(i).Child("image"), c.Image, "must not have leading or trailing whitespace"))
		}
	}
	return errs, false
}

// deadlineUpdate allows a deadline to be set or shortened.
func deadlineUpdate(now, old *int64, path *field.Path) (errs field.ErrorList, stop bool) {
	switch {
	case now == nil && old != nil:
		return field.ErrorList{field.Invalid(path, now, "must not update from a positive integer to nil value")}, false
	case now == nil:
		return nil, false
	case *now < 0 || *now > math.MaxInt32:
		return field.ErrorList{field.Invalid(path, *now, validation.InclusiveRangeError(0, math.MaxInt32))}, true
	case old != nil && *old < *now:
		return field.ErrorList{field.Invalid(path, *now, "must be less than or equal to previous value")}, true
	}
	return nil, false
}

func addedTolerations(now, old []corev1.Toleration, path *field.Path) field.ErrorList {
	kept := make(map[corev1.Toleration]bool, len(now))
	for _, t := range now {
		t.TolerationSeconds = nil
		kept[t] = true
	}
	for _, t := range old {
		t.TolerationSeconds = nil
		if !kept[t] {
			return field.ErrorList{field.Forbidden(path, "existing toleration can not be modified except its tolerationSeconds")}
		}
	}
	return nil
}

func removedGates(now, old []corev1.PodSchedulingGate, path *field.Path) (errs field.ErrorList) {
	known := make(map[corev1.PodSchedulingGate]bool, len(old))
	for _, g := range old {
		known[g] = true
	}
	last := make(map[corev1.PodSchedulingGate]int, len(now))
	for i, g := range now {
		last[g] = i
	}
	for i, g := range now {
		if !known[g] && last[g] == i {
			errs = append(errs, field.Forbidden(path.Index(i).Child("name"), fmt.Sprintf("only deletion is allowed, but found new scheduling gate '%s'", g.Name)))
		}
	}
	return errs
}

// gatedUpdates allows a pod with scheduling gates to select fewer nodes, never more. It copies the validated fields from the old
// spec into rest.
func gatedUpdates(rest, old *corev1.PodSpec, path *field.Path) (errs field.ErrorList) {
	for k, v := range old.NodeSelector {
		if rest.NodeSelector[k] != v {
			errs = append(errs, field.Invalid(path.Child("nodeSelector"), rest.NodeSelector, "only additions to spec.nodeSelector are allowed (no mutations or deletions)"))
			break
		}
	}
	rest.NodeSelector = old.NodeSelector
	now, was := nodeAffinity(rest), nodeAffinity(old)
	if equality.Semantic.DeepEqual(now, was) {
		return errs
	}
	errs = append(errs, affinityUpdate(now, was, path.Child("affinity", "nodeAffinity"))...)
	switch {
	case rest.Affinity == nil:
		rest.Affinity = &corev1.Affinity{NodeAffinity: was}
	case old.Affinity == nil && rest.Affinity.PodAffinity == nil && rest.Affinity.PodAntiAffinity == nil:
		rest.Affinity = nil
	default:
		rest.Affinity.NodeAffinity = was
	}
	return errs
}

func nodeAffinity(spec *corev1.PodSpec) *corev1.NodeAffinity {
	if spec.Affinity == nil {
		return nil
	}
	return spec.Affinity.NodeAffinity
}

func affinityUpdate(now, old *corev1.NodeAffinity, path *field.Path) (errs field.ErrorList) {
	terms := func(a *corev1.NodeAffinity) []corev1.NodeSelectorTerm {
		if a == nil || a.RequiredDuringSchedulingIgnoredDuringExecution == nil {
			return nil
		}
		return a.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	}
	was, is := terms(old), terms(now)
	path = path.Child("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
	if len(was) > 0 && len(was) != len(is) {
		return field.ErrorList{field.Invalid(path, display.Value(is), "no additions/deletions to non-empty NodeSelectorTerms list are allowed")}
	}
	grows := func(now, old []corev1.NodeSelectorRequirement) bool {
		return len(now) >= len(old) && equality.Semantic.DeepEqual(now[:len(old)], old)
	}
	for i := range was {
		empty := len(was[i].MatchExpressions)+len(was[i].MatchFields) == 0
		if empty && len(is[i].MatchExpressions)+len(is[i].MatchFields) > 0 ||
			len(was[i].MatchExpressions) > 0 && !grows(is[i].MatchExpressions, was[i].MatchExpressions) ||
			len(was[i].MatchFields) > 0 && !grows(is[i].MatchFields, was[i].MatchFields) {
			errs = append(errs, field.Invalid(path.Index(i), display.Value(is[i]), "only additions are allowed (no mutations or deletions)"))
		}
	}
	return errs
}
