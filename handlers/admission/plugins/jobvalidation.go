package plugins

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	batchv1 "github.com/gatehouse-dev/gatehouse/gen/types/batch/v1"
	schedulingv1alpha2 "github.com/gatehouse-dev/gatehouse/gen/types/scheduling/v1alpha2"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
)

// JobValidation keeps the parallelism of jobs whose pods are scheduled together or not at all.
type JobValidation struct {
	admission.On
	Groups  lookup.Reader
	enabled bool
}

func newJobValidation(d *Deps) any {
	return &JobValidation{admission.On{admission.Update}, d.Cached, d.Enabled("GenericWorkload")}
}

// Validate implements admission.Validator. Groups that cannot be read keep nothing.
func (p *JobValidation) Validate(ctx context.Context, a *admission.Attributes) error {
	job, ok := a.Object.(*batchv1.Job)
	old, wasOne := a.Old.(*batchv1.Job)
	if !p.enabled || !ok || !wasOne || !a.Is("batch", "jobs") || same(job.Spec.Parallelism, old.Spec.Parallelism) {
		return nil
	}
	for _, group := range p.of(ctx, old) {
		if group.Spec.SchedulingPolicy.Gang != nil {
			return a.Forbidden(fmt.Errorf("cannot change parallelism for a Job referencing gang-scheduled PodGroup %q", group.Name))
		}
	}
	return nil
}

// of are the groups of a job's pods: the one that its template names, or those that it controls.
func (p *JobValidation) of(ctx context.Context, job *batchv1.Job) (groups []*schedulingv1alpha2.PodGroup) {
	if named := job.Spec.Template.Spec.SchedulingGroup; named != nil && named.PodGroupName != nil {
		if group, err := lookup.Get[*schedulingv1alpha2.PodGroup](ctx, p.Groups, podGroups, job.Namespace, *named.PodGroupName); err == nil {
			groups = append(groups, group)
		}
		return groups
	}
	all, err := lookup.List[*schedulingv1alpha2.PodGroup](ctx, p.Groups, podGroups, job.Namespace)
	if err != nil {
		return nil
	}
	for _, group := range all {
		if metav1.IsControlledBy(group, job) {
			groups = append(groups, group)
		}
	}
	return groups
}

func same[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
