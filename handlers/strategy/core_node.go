package strategy

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func nodes(_ *Deps, _ resources.Row, s *resource.Strategy) {
	// podCIDR is the old name of the first of podCIDRs.
	fill := func(n *corev1.Node) {
		switch {
		case n.Spec.PodCIDR != "" && len(n.Spec.PodCIDRs) == 0:
			n.Spec.PodCIDRs = []string{n.Spec.PodCIDR}
		case n.Spec.PodCIDR == "" && len(n.Spec.PodCIDRs) > 0:
			n.Spec.PodCIDR = n.Spec.PodCIDRs[0]
		}
	}
	s.PrepareForCreate = onCreate(func(_ context.Context, _ *resource.Attempt, n *corev1.Node) error { fill(n); return nil })
	s.PrepareForUpdate = onUpdate(func(_ context.Context, _ *resource.Attempt, n, _ *corev1.Node) error { fill(n); return nil })
	s.Validate = check(func(n *corev1.Node) (errs field.ErrorList) {
		seen := map[[2]string]bool{}
		for i, t := range n.Spec.Taints {
			k := [2]string{t.Key, t.Effect}
			if seen[k] {
				e := field.Duplicate(field.NewPath("metadata", "taints").Index(i), display(t))
				e.Detail = "taints must be unique by key and effect pair"
				errs = append(errs, e)
			}
			seen[k] = true
		}
		return errs
	})
	s.ValidateUpdate = checkUpdate(validateNodeUpdate)
}

func nodeStatus(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareStatus = onUpdate(func(_ context.Context, _ *resource.Attempt, n, old *corev1.Node) error {
		if old.Status.Config == nil {
			n.Status.Config = nil
		}
		return nil
	})
	s.ValidateUpdate = checkUpdate(validateNodeUpdate)
}

func validateNodeUpdate(n, old *corev1.Node) (errs field.ErrorList) {
	path := field.NewPath("spec")
	seen := make(map[corev1.NodeAddress]bool, len(n.Status.Addresses))
	for i, a := range n.Status.Addresses {
		if seen[a] {
			errs = append(errs, field.Duplicate(field.NewPath("status", "addresses").Index(i), display(a)))
		}
		seen[a] = true
	}
	if len(old.Spec.PodCIDRs) > 0 && !slices.Equal(old.Spec.PodCIDRs, n.Spec.PodCIDRs) {
		errs = append(errs, field.Forbidden(path.Child("podCIDRs"), "node updates may not change podCIDR except from \"\" to valid"))
	}
	if old.Spec.ProviderID != "" && old.Spec.ProviderID != n.Spec.ProviderID {
		errs = append(errs, field.Forbidden(path.Child("providerID"), "node updates may not change providerID except from \"\" to valid"))
	}
	if old.Spec.DoNotUseExternalID != n.Spec.DoNotUseExternalID {
		errs = append(errs, field.Forbidden(path.Child("externalID"), "may not be updated"))
	}
	return errs
}
