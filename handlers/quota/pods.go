package quota

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

const (
	requestsPrefix  = "requests."
	limitsPrefix    = "limits."
	hugePagesPrefix = "hugepages-"
	nativeDomain    = "kubernetes.io/"
	// implicitPrefix begins the extended resource that every device class has without saying so.
	implicitPrefix = "deviceclass.resource.kubernetes.io/"
)

// computed are what containers ask for that has a quota of its own.
var computed = []string{"cpu", "memory", "ephemeral-storage"}

// demanded are what each container has to state under a quota for it. Upstream regrets it, and has it for no other resource.
var demanded = []string{"cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory"}

// pods measures pods and what their containers ask for.
type pods struct {
	// podLevel: a pod may state for itself what its containers share.
	podLevel bool
	// resized: what a container has counts until it has less.
	resized bool
	now     func() time.Time
}

func (p *pods) Tracks(_ context.Context, name string) bool {
	switch name {
	case "count/pods", "pods", "cpu", "memory", "ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage",
		"limits.cpu", "limits.memory", "limits.ephemeral-storage":
		return true
	}
	return hasAnyPrefix(name, hugePagesPrefix, requestsPrefix+hugePagesPrefix) || isExtendedRequest(name)
}

// isExtendedRequest says whether a quota names an extended resource so. Overcommitment is not for them, so limits have no quota.
func isExtendedRequest(name string) bool {
	rest, request := strings.CutPrefix(name, requestsPrefix)
	return request && (!isNative(name) || strings.HasPrefix(rest, implicitPrefix))
}

// isNative says whether a name without a domain, or with one of Kubernetes', is meant.
func isNative(name string) bool {
	return !strings.Contains(name, "/") || strings.Contains(name, nativeDomain)
}

// Charges holds for a resize, and for an update that gives the pod a deadline or takes it away: that changes its scope.
func (p *pods) Charges(subresource string, o, old object.Object) bool {
	switch {
	case subresource == "resize":
		return old != nil
	case subresource != "":
		return false
	case old == nil:
		return true
	}
	now, ok := o.(*corev1.Pod)
	was, okOld := old.(*corev1.Pod)
	return ok && okOld && HasDeadline(now) != HasDeadline(was)
}

// Require demands cpu and memory of each container under a quota for them, unless the pod states them for all.
func (p *pods) Require(names []string, o object.Object) error {
	pod, ok := o.(*corev1.Pod)
	if !ok {
		return fmt.Errorf("expected a Pod, got %T", o)
	}
	if p.podLevel && (sharesAny(pod.Spec.Resources, false) || sharesAny(pod.Spec.Resources, true)) {
		return nil
	}
	var missing []string
	for _, name := range demanded {
		if !slices.Contains(names, name) {
			continue
		}
		var containers []string
		for _, list := range [][]corev1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
			for i := range list {
				if !states(&list[i].Resources, name) {
					containers = append(containers, list[i].Name)
				}
			}
		}
		if len(containers) > 0 {
			slices.Sort(containers)
			missing = append(missing, name+" for: "+strings.Join(slices.Compact(containers), ","))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return errors.New("must specify " + strings.Join(missing, "; "))
}

// states says whether a container states what a quota has under a name.
func states(r *corev1.ResourceRequirements, name string) bool {
	from := r.Requests
	if rest, limit := strings.CutPrefix(name, limitsPrefix); limit {
		name, from = rest, r.Limits
	}
	_, found := from[strings.TrimPrefix(name, requestsPrefix)]
	return found
}

// Scopes says that pods are what most scopes are about.
func (p *pods) Scopes() bool { return true }

func (p *pods) InScope(s *Scope, o object.Object) (bool, error) {
	pod, ok := o.(*corev1.Pod)
	if !ok {
		return false, fmt.Errorf("expected a Pod, got %T", o)
	}
	switch s.ScopeName {
	case Terminating:
		return HasDeadline(pod), nil
	case NotTerminating:
		return !HasDeadline(pod), nil
	case BestEffort:
		return isBestEffort(pod), nil
	case NotBestEffort:
		return !isBestEffort(pod), nil
	case PriorityClass:
		if pod.Spec.PriorityClassName == "" {
			return selects(s)
		}
		return selects(s, pod.Spec.PriorityClassName)
	case CrossNamespacePodAffinity:
		return looksElsewhere(pod.Spec.Affinity), nil
	}
	return false, nil
}

// HasDeadline says whether the pod ends by itself, which the scopes call terminating.
func HasDeadline(pod *corev1.Pod) bool {
	return pod.Spec.ActiveDeadlineSeconds != nil && *pod.Spec.ActiveDeadlineSeconds >= 0
}

func isBestEffort(pod *corev1.Pod) bool {
	if pod.Status.QOSClass != "" {
		return pod.Status.QOSClass == BestEffort
	}
	asks := func(r *corev1.ResourceRequirements) bool {
		for _, name := range []string{"cpu", "memory"} {
			request, limit := r.Requests[name], r.Limits[name]
			if request.Sign() > 0 || limit.Sign() > 0 {
				return true
			}
		}
		return false
	}
	if pod.Spec.Resources != nil {
		return !asks(pod.Spec.Resources)
	}
	anyAsks := func(list []corev1.Container) bool {
		return slices.ContainsFunc(list, func(c corev1.Container) bool { return asks(&c.Resources) })
	}
	return !anyAsks(pod.Spec.Containers) && !anyAsks(pod.Spec.InitContainers)
}

// looksElsewhere says whether the pod's place depends on pods of other namespaces.
func looksElsewhere(a *corev1.Affinity) bool {
	elsewhere := func(t *corev1.PodAffinityTerm) bool { return len(t.Namespaces) > 0 || t.NamespaceSelector != nil }
	anyOf := func(required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm) bool {
		for i := range required {
			if elsewhere(&required[i]) {
				return true
			}
		}
		for i := range preferred {
			if elsewhere(&preferred[i].PodAffinityTerm) {
				return true
			}
		}
		return false
	}
	if a == nil {
		return false
	}
	with, against := a.PodAffinity, a.PodAntiAffinity
	return with != nil && anyOf(with.RequiredDuringSchedulingIgnoredDuringExecution, with.PreferredDuringSchedulingIgnoredDuringExecution) ||
		against != nil && anyOf(against.RequiredDuringSchedulingIgnoredDuringExecution, against.PreferredDuringSchedulingIgnoredDuringExecution)
}

// Runs says whether a pod uses what it asks for. One that has ended does not, nor one that should have: a lost node must not
// keep its pods from being replaced.
func Runs(pod *corev1.Pod, now time.Time) bool {
	if pod.Status.Phase == "Failed" || pod.Status.Phase == "Succeeded" {
		return false
	}
	if pod.DeletionTimestamp == nil || pod.DeletionGracePeriodSeconds == nil {
		return true
	}
	return !now.After(pod.DeletionTimestamp.Add(time.Duration(*pod.DeletionGracePeriodSeconds) * time.Second))
}

// Usage counts the pod itself also when it has ended: count/ is of all objects.
func (p *pods) Usage(_ context.Context, o object.Object) (List, error) {
	pod, ok := o.(*corev1.Pod)
	if !ok {
		return nil, fmt.Errorf("expected a Pod, got %T", o)
	}
	now := p.now
	if now == nil {
		now = time.Now
	}
	if !Runs(pod, now()) {
		return List{"count/pods": one()}, nil
	}
	requests, limits := p.requests(pod), p.limits(pod)
	used := make(List, 2*len(requests)+len(limits)+2)
	used["count/pods"], used["pods"] = one(), one()
	for _, name := range computed {
		if q, found := requests[name]; found {
			used[name], used[requestsPrefix+name] = q, q
		}
		if q, found := limits[name]; found {
			used[limitsPrefix+name] = q
		}
	}
	for name, q := range requests {
		switch {
		case strings.HasPrefix(name, hugePagesPrefix):
			used[name], used[requestsPrefix+name] = q, q
		case strings.HasPrefix(name, implicitPrefix), !isNative(name) && !strings.HasPrefix(name, requestsPrefix):
			used[requestsPrefix+name] = q
		}
	}
	return used, nil
}
