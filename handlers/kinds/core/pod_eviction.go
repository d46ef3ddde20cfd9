package core

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	policyv1 "github.com/gatehouse-dev/gatehouse/gen/types/policy/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// maxDisrupted is the maximum size of status.disruptedPods, the evictions that the controller has not seen yet.
const maxDisrupted = 2000

// evictionTries is the number of attempts of an eviction on conflicts.
const evictionTries = 20

const violates = "Cannot evict pod as it would violate the pod's disruption budget."

var budgets = schema.GroupVersionResource{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"}

// eviction deletes a pod unless a PodDisruptionBudget forbids it.
func eviction(d *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.Create = func(ctx context.Context, a *resource.Attempt, body object.Object) (runtime.Object, error) {
		e, ok := body.(*policyv1.Eviction)
		if !ok {
			return nil, kind.WrongType(body)
		}
		if a.Name != e.Name {
			return nil, apierrors.NewBadRequest("name in URL does not match name in Eviction object")
		}
		options, err := evictionOptions(e, a)
		if err != nil {
			return nil, err
		}
		for range evictionTries {
			var status *metav1.Status
			if status, err = evict(ctx, d, a.Namespace, e.Name, options); err == nil {
				return status, nil
			}
			if !apierrors.IsConflict(err) || options.Preconditions != nil && options.Preconditions.ResourceVersion != nil {
				break
			}
			if ctx.Err() != nil {
				return nil, fmt.Errorf("evict %s/%s: %w", a.Namespace, e.Name, ctx.Err())
			}
		}
		return nil, err
	}
}

// evictionOptions are the options of the delete. A dry run may be set in the request or in the body.
func evictionOptions(e *policyv1.Eviction, a *resource.Attempt) (*metav1.DeleteOptions, error) {
	options := &metav1.DeleteOptions{}
	if e.DeleteOptions != nil {
		options = e.DeleteOptions.DeepCopy()
	}
	if p := options.IgnoreStoreReadErrorWithClusterBreakingPotential; p != nil && *p {
		return nil, apierrors.NewInvalid(schema.GroupKind{Group: "policy", Kind: "Eviction"}, e.Name, field.ErrorList{field.Invalid(field.NewPath("deleteOptions").Child("ignoreStoreReadErrorWithClusterBreakingPotential"), true, "can not be set for pod eviction, try after removing the option")})
	}
	if a.DryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	return options, nil
}

func evict(ctx context.Context, d *kind.Deps, namespace, name string, options *metav1.DeleteOptions) (*metav1.Status, error) {
	o, err := d.Objects.Get(ctx, kind.CoreV1("pods"), namespace, name)
	if err != nil {
		return nil, err
	}
	pod, ok := o.(*corev1.Pod)
	if !ok {
		return nil, kind.WrongType(o)
	}
	options = options.DeepCopy()
	fromUser := options.Preconditions != nil && options.Preconditions.ResourceVersion != nil
	pin := func() {
		if options.Preconditions == nil {
			options.Preconditions = &metav1.Preconditions{}
		}
		options.Preconditions.ResourceVersion = &pod.ResourceVersion
	}
	ended := pod.Status.Phase == "Succeeded" || pod.Status.Phase == "Failed" || !pod.DeletionTimestamp.IsZero()
	if ended || pod.Status.Phase == "Pending" {
		// A terminal or pending pod is not available, so its deletion disrupts nothing. A pending one is deleted with a
		// precondition, because it may become ready.
		if !ended && !fromUser {
			pin()
		}
		return markAndDelete(ctx, d, pod, options)
	}
	list, err := budgetsOf(ctx, d, pod)
	if err != nil {
		return nil, err
	}
	switch len(list) {
	case 0:
		return markAndDelete(ctx, d, pod, options)
	case 1:
	default:
		return &metav1.Status{Status: metav1.StatusFailure, Code: 500,
			Message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."}, nil
	}
	pdb := list[0]
	if !ready(pod) {
		always := pdb.Spec.UnhealthyPodEvictionPolicy != nil && *pdb.Spec.UnhealthyPodEvictionPolicy == "AlwaysAllow"
		if always || pdb.Status.CurrentHealthy >= pdb.Status.DesiredHealthy && pdb.Status.DesiredHealthy > 0 {
			// Allowed because the pod is not ready, so the deletion has a precondition.
			pin()
			status, err := markAndDelete(ctx, d, pod, options)
			if apierrors.IsConflict(err) && !fromUser {
				err = tooManyRequests(10, fmt.Sprintf("The disruption budget %s is still being processed by the server.", pdb.Name))
			}
			return status, err
		}
	}
	if err := spend(ctx, d, pdb, pod.Name, len(options.DryRun) > 0); err != nil {
		return nil, err
	}
	return markAndDelete(ctx, d, pod, options)
}

// budgetsOf are the budgets that select a pod.
func budgetsOf(ctx context.Context, d *kind.Deps, pod *corev1.Pod) (out []*policyv1.PodDisruptionBudget, err error) {
	list, err := d.Objects.List(ctx, budgets, pod.Namespace)
	if err != nil {
		return nil, fmt.Errorf("list disruption budgets: %w", err)
	}
	for _, o := range list {
		pdb, ok := o.(*policyv1.PodDisruptionBudget)
		if !ok {
			return nil, kind.WrongType(o)
		}
		selector, err := metav1.LabelSelectorAsSelector(pdb.Spec.Selector)
		if err == nil && selector.Matches(labels.Set(pod.Labels)) {
			out = append(out, pdb)
		}
	}
	return out, nil
}

// spend decrements the allowed disruptions of a budget, or returns the error that none is left.
func spend(ctx context.Context, d *kind.Deps, pdb *policyv1.PodDisruptionBudget, pod string, dryRun bool) error {
	if dryRun {
		return mayDisrupt(pdb)
	}
	w := resource.OwnWrite{Resource: budgets, Subresource: "status", Namespace: pdb.Namespace, Name: pdb.Name}
	_, err := d.Write.Update(ctx, w, func(o object.Object) error {
		live, ok := o.(*policyv1.PodDisruptionBudget)
		if !ok {
			return kind.WrongType(o)
		}
		if err := mayDisrupt(live); err != nil {
			return err
		}
		st := &live.Status
		if st.DisruptionsAllowed--; st.DisruptionsAllowed == 0 {
			meta.SetStatusCondition(&st.Conditions, metav1.Condition{Type: "DisruptionAllowed", Reason: "InsufficientPods", Status: metav1.ConditionFalse, ObservedGeneration: st.ObservedGeneration})
		}
		if st.DisruptedPods == nil {
			st.DisruptedPods = map[string]metav1.Time{}
		}
		st.DisruptedPods[pod] = metav1.NewTime(d.Now().Truncate(time.Second))
		return nil
	})
	return err
}

func mayDisrupt(pdb *policyv1.PodDisruptionBudget) error {
	gr := schema.GroupResource{Group: "policy", Resource: "poddisruptionbudget"}
	st := &pdb.Status
	switch {
	case st.ObservedGeneration < pdb.Generation:
		return tooManyRequests(10, fmt.Sprintf("The disruption budget %s is still being processed by the server.", pdb.Name))
	case st.DisruptionsAllowed < 0:
		return apierrors.NewForbidden(gr, pdb.Name, fmt.Errorf("pdb disruptions allowed is negative"))
	case len(st.DisruptedPods) > maxDisrupted:
		return apierrors.NewForbidden(gr, pdb.Name, fmt.Errorf("DisruptedPods map too big - too many evictions not confirmed by PDB controller"))
	case st.DisruptionsAllowed > 0:
		return nil
	}
	c := meta.FindStatusCondition(st.Conditions, "DisruptionAllowed")
	if c != nil && (c.Status != metav1.ConditionFalse || c.Message == "") {
		c = nil
	}
	msg := fmt.Sprintf("The disruption budget %s does not allow evicting pods currently", pdb.Name)
	switch {
	case c != nil && c.Reason == "SyncFailed":
		msg += " because it failed sync: " + c.Message
	case st.CurrentHealthy <= st.DesiredHealthy:
		msg = fmt.Sprintf("The disruption budget %s needs %d healthy pods and has %d currently", pdb.Name, st.DesiredHealthy, st.CurrentHealthy)
	case c != nil:
		msg += fmt.Sprintf(" (%s): %s", c.Reason, c.Message)
	}
	return tooManyRequests(0, msg)
}

func tooManyRequests(retryAfter int, why string) error {
	err := apierrors.NewTooManyRequests(violates, retryAfter)
	err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{Type: "DisruptionBudget", Message: why})
	return err
}

// markAndDelete adds the condition DisruptionTarget, then deletes the pod.
func markAndDelete(ctx context.Context, d *kind.Deps, pod *corev1.Pod, options *metav1.DeleteOptions) (*metav1.Status, error) {
	target := resource.OwnWrite{Resource: kind.CoreV1("pods"), Namespace: pod.Namespace, Name: pod.Name, DryRun: len(options.DryRun) > 0}
	if !target.DryRun {
		status := target
		status.Untracked = true // as with upstream, the condition has no owner
		status.Subresource = "status"
		pinned := options.Preconditions != nil && options.Preconditions.ResourceVersion != nil
		o, err := d.Write.Update(ctx, status, func(o object.Object) error {
			live, ok := o.(*corev1.Pod)
			if !ok {
				return kind.WrongType(o)
			}
			if p := options.Preconditions; p != nil {
				if err := evictionPrecondition(live, p); err != nil {
					return err
				}
			}
			setCondition(d, live, corev1.PodCondition{Type: "DisruptionTarget", Status: "True", Reason: "EvictionByEvictionAPI", Message: "Eviction API: evicting"})
			return nil
		})
		if err != nil {
			return nil, err
		}
		if pinned {
			version := o.GetResourceVersion()
			options = options.DeepCopy()
			options.Preconditions.ResourceVersion = &version
		}
	}
	if err := d.Write.Delete(ctx, target, options); err != nil {
		return nil, err
	}
	return &metav1.Status{Status: metav1.StatusSuccess}, nil
}

func evictionPrecondition(pod *corev1.Pod, p *metav1.Preconditions) error {
	gr := schema.GroupResource{Resource: "Pod"}
	if p.UID != nil && *p.UID != "" && *p.UID != pod.UID {
		return apierrors.NewConflict(gr, pod.Name, fmt.Errorf("the UID in the precondition (%s) does not match the UID in record (%s). The object might have been deleted and then recreated", *p.UID, pod.UID))
	}
	if v := p.ResourceVersion; v != nil && *v != "" && *v != pod.ResourceVersion {
		return apierrors.NewConflict(gr, pod.Name, fmt.Errorf("the ResourceVersion in the precondition (%s) does not match the ResourceVersion in record (%s). The object might have been modified", *v, pod.ResourceVersion))
	}
	return nil
}

func ready(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == "Ready" {
			return c.Status == "True"
		}
	}
	return false
}
