package plugins

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	schedulingv1alpha2 "github.com/gatehouse-dev/gatehouse/gen/types/scheduling/v1alpha2"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/lookup"
)

// PodGroupWorkloadExists refuses groups of pods whose workload, or the template of it that they name, is not there.
type PodGroupWorkloadExists struct {
	admission.On
	Cached, Live lookup.Reader
	enabled      bool
}

func newPodGroupWorkloadExists(d *Deps) any {
	return &PodGroupWorkloadExists{admission.On{admission.Create}, d.Cached, d.Live, d.Enabled("GenericWorkload")}
}

// Validate implements admission.Validator.
func (p *PodGroupWorkloadExists) Validate(ctx context.Context, a *admission.Attributes) error {
	if !p.enabled || !a.Is("scheduling.k8s.io", "podgroups") {
		return nil
	}
	group, ok := a.Object.(*schedulingv1alpha2.PodGroup)
	if !ok {
		return apierrors.NewBadRequest("resource was marked with kind PodGroup but could not be converted")
	}
	if group.Spec.PodGroupTemplateRef == nil || group.Spec.PodGroupTemplateRef.Workload == nil {
		return nil
	}
	ref := group.Spec.PodGroupTemplateRef.Workload
	workload, err := lookup.Get[*schedulingv1alpha2.Workload](ctx, p.Cached, workloads, a.Namespace, ref.WorkloadName)
	if apierrors.IsNotFound(err) {
		workload, err = lookup.Get[*schedulingv1alpha2.Workload](ctx, p.Live, workloads, a.Namespace, ref.WorkloadName)
	}
	switch {
	case apierrors.IsNotFound(err):
		return a.Forbidden(fmt.Errorf("PodGroup rejected: Workload %q not found", ref.WorkloadName))
	case err != nil:
		return apierrors.NewInternalError(err)
	case workload.DeletionTimestamp != nil:
		return a.Forbidden(fmt.Errorf("PodGroup rejected: Workload %q is being deleted", ref.WorkloadName))
	}
	for i := range workload.Spec.PodGroupTemplates {
		if workload.Spec.PodGroupTemplates[i].Name == ref.PodGroupTemplateName {
			return nil
		}
	}
	return a.Forbidden(fmt.Errorf("PodGroup rejected: PodGroupTemplate %q not found in Workload %q", ref.PodGroupTemplateName, ref.WorkloadName))
}
