package plugins

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

// SecurityContextDeny refuses pods that say who they run as, which upstream had until 1.29.
type SecurityContextDeny struct{ admission.On }

func newSecurityContextDeny(*Deps) any {
	return &SecurityContextDeny{admission.On{admission.Create, admission.Update}}
}

// Validate implements admission.Validator.
func (*SecurityContextDeny) Validate(_ context.Context, a *admission.Attributes) error {
	if !a.Is("", "pods") {
		return nil
	}
	pod, err := podOf(a.Object)
	if err != nil {
		return err
	}
	if what := denied(&pod.Spec); what != "" {
		return apierrors.NewForbidden(a.Resource.GroupResource(), pod.Name, errors.New(what+" is forbidden"))
	}
	return nil
}

// denied is the first property of a pod that is not allowed; empty when there is none.
func denied(spec *corev1.PodSpec) string {
	if c := spec.SecurityContext; c != nil {
		switch {
		case c.SupplementalGroups != nil:
			return "pod.Spec.SecurityContext.SupplementalGroups"
		case c.SELinuxOptions != nil:
			return "pod.Spec.SecurityContext.SELinuxOptions"
		case c.RunAsUser != nil:
			return "pod.Spec.SecurityContext.RunAsUser"
		case c.FSGroup != nil:
			return "pod.Spec.SecurityContext.FSGroup"
		}
	}
	var all []*corev1.SecurityContext
	for i := range spec.InitContainers {
		all = append(all, spec.InitContainers[i].SecurityContext)
	}
	for i := range spec.Containers {
		all = append(all, spec.Containers[i].SecurityContext)
	}
	for i := range spec.EphemeralContainers {
		all = append(all, spec.EphemeralContainers[i].SecurityContext)
	}
	for _, c := range all {
		switch {
		case c == nil:
		case c.SELinuxOptions != nil:
			return "SecurityContext.SELinuxOptions"
		case c.RunAsUser != nil:
			return "SecurityContext.RunAsUser"
		}
	}
	return ""
}
