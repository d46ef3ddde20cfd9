package podsecurity

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/pod-security-admission/api"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Upstream's bounds for the pods that are looked at when a namespace becomes stricter.
const (
	mostPods = 3000
	mostTime = time.Second
)

// namespace judges the labels of a namespace, and warns of pods in it that its new level would refuse.
func (p *Plugin) namespace(ctx context.Context, a *admission.Attributes) error {
	ns, ok := a.Object.(*corev1.Namespace)
	if !ok {
		return p.failed(a, apierrors.NewBadRequest("failed to decode namespace"), nil)
	}
	chosen, faults := api.PolicyToEvaluate(ns.Labels, p.defaults)
	invalid := func() error {
		return apierrors.NewInvalid(object.GroupKind("", "Namespace"), a.Name, faults)
	}
	if a.Operation == admission.Create {
		if len(faults) > 0 {
			return invalid()
		}
		if p.exemptNamespace(ns.Name) {
			p.warnExempt(a, ns, chosen)
		}
		return nil
	}
	old, ok := a.Old.(*corev1.Namespace)
	if !ok {
		return p.failed(a, apierrors.NewBadRequest("failed to decode  old namespace"), nil)
	}
	before, oldFaults := api.PolicyToEvaluate(old.Labels, p.defaults)
	if len(faults) > 0 && (len(oldFaults) == 0 || !reflect.DeepEqual(faults, oldFaults)) {
		return invalid()
	}
	now, was := chosen.Enforce, before.Enforce
	switch {
	case now == was, now.Level == api.LevelPrivileged:
	case now.Version == was.Version && api.CompareLevels(now.Level, was.Level) < 1:
	case p.exemptNamespace(ns.Name):
		p.warnExempt(a, ns, chosen)
	default:
		a.Warn(p.existing(ctx, ns.Name, now)...)
	}
	return nil
}

// warnExempt tells that the labels of an exempt namespace have no effect.
func (p *Plugin) warnExempt(a *admission.Attributes, ns *corev1.Namespace, chosen api.Policy) {
	if chosen.FullyPrivileged() || chosen.Equivalent(&p.defaults) {
		return
	}
	var set []string
	for _, mode := range []struct {
		name, level, version string
		chosen               api.LevelVersion
	}{
		{"enforce", api.EnforceLevelLabel, api.EnforceVersionLabel, chosen.Enforce},
		{"audit", api.AuditLevelLabel, api.AuditVersionLabel, chosen.Audit},
		{"warn", api.WarnLevelLabel, api.WarnVersionLabel, chosen.Warn},
	} {
		_, level := ns.Labels[mode.level]
		_, version := ns.Labels[mode.version]
		if mode.chosen.Level != api.LevelPrivileged && (level || version) {
			set = append(set, mode.name+"="+mode.chosen.String())
		}
	}
	a.Warn(fmt.Sprintf("namespace %q is exempt from Pod Security, and the policy (%s) will be ignored", ns.Name, strings.Join(set, ", ")))
}

// candidates are the pods that are judged, those first that no other pod is like.
type candidates struct {
	first, more []*corev1.Pod
	total       int
}

// existing has the warnings about the pods of a namespace. It takes a second at most, and half of what the request has left.
func (p *Plugin) existing(ctx context.Context, namespace string, enforce api.LevelVersion) (warnings []string) {
	allowed := mostTime
	if deadline, set := ctx.Deadline(); set {
		allowed = min(allowed, deadline.Sub(p.Now())/2)
	}
	deadline := p.Now().Add(allowed)
	c, err := p.candidates(ctx, namespace)
	if err != nil {
		return []string{"failed to list pods while checking new PodSecurity enforce level"}
	}
	pods := append(c.first, c.more...)
	if len(pods) > mostPods {
		pods = pods[:mostPods]
	}
	checked, found := len(pods), map[string]*alike{}
	for i, pod := range pods {
		if r, err := p.evaluate(enforce, made{pod.Annotations, &pod.Spec}); err == nil && !r.Allowed {
			reason := r.ForbiddenReason()
			if found[reason] == nil {
				found[reason] = &alike{name: pod.Name}
			}
			found[reason].add(pod.Name)
		}
		if ctx.Err() != nil || p.Now().After(deadline) {
			checked = i + 1
			break
		}
	}
	if checked < c.total {
		warnings = append(warnings, fmt.Sprintf("new PodSecurity enforce level only checked against the first %d of %d existing pods", checked, c.total))
	}
	if len(found) == 0 {
		return warnings
	}
	warnings = append(warnings, fmt.Sprintf("existing pods in namespace %q violate the new PodSecurity enforce level %q", namespace, enforce.String()))
	var texts []string
	for reason, pods := range found {
		texts = append(texts, pods.String()+": "+reason)
	}
	slices.Sort(texts)
	return append(warnings, texts...)
}

// candidates reads the pods of a namespace and keeps no more than can be judged. Of pods with one controller all but the first
// come last.
func (p *Plugin) candidates(ctx context.Context, namespace string) (c candidates, err error) {
	seen := map[types.UID]bool{}
	err = p.Pods(ctx, namespace, func(o object.Object) bool {
		pod, ok := o.(*corev1.Pod)
		if !ok {
			return true
		}
		if class := pod.Spec.RuntimeClassName; class != nil && *class != "" && slices.Contains(p.config.Exemptions.RuntimeClasses, *class) {
			return true
		}
		c.total++
		to := &c.first
		if owner := metav1.GetControllerOfNoCopy(pod); owner != nil {
			if seen[owner.UID] {
				to = &c.more
			}
			seen[owner.UID] = true
		}
		if len(*to) < mostPods {
			*to = append(*to, pod)
		}
		return ctx.Err() == nil
	})
	return c, err
}

// alike are pods that are refused for the same reason.
type alike struct {
	name  string
	count int
}

func (p *alike) add(name string) {
	p.name = min(p.name, name)
	p.count++
}

func (p *alike) String() string {
	switch p.count {
	case 1:
		return p.name
	case 2:
		return p.name + " (and 1 other pod)"
	}
	return fmt.Sprintf("%s (and %d other pods)", p.name, p.count-1)
}
