package core

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var nodes = kind.Kind{
	Group: group, Resource: "nodes",
	Strategy:     node,
	Subresources: map[string]kind.Strategy{"status": nodeStatus, "proxy": proxy},
	Defaults:     map[string]func(object.Object){"v1": kind.OnDefault(defaultNode)},
	Cells:        kind.Cells{"nodeStatus": kind.CellOf(nodeState), "nodeRoles": kind.CellOf(nodeRoles), "nodeKernel": kind.CellOf(nodeKernel)},
}

func node(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	// podCIDR is the deprecated field for the first of podCIDRs.
	fill := func(n *corev1.Node) {
		switch {
		case n.Spec.PodCIDR != "" && len(n.Spec.PodCIDRs) == 0:
			n.Spec.PodCIDRs = []string{n.Spec.PodCIDR}
		case n.Spec.PodCIDR == "" && len(n.Spec.PodCIDRs) > 0:
			n.Spec.PodCIDR = n.Spec.PodCIDRs[0]
		}
	}
	s.PrepareForCreate = kind.OnCreate(func(_ context.Context, _ *resource.Attempt, n *corev1.Node) error {
		// The feature of these fields has been removed.
		n.Spec.ConfigSource, n.Status.Config = nil, nil
		fill(n)
		return nil
	})
	s.PrepareForUpdate = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, n, old *corev1.Node) error {
		if old.Spec.ConfigSource == nil {
			n.Spec.ConfigSource = nil
		}
		fill(n)
		return nil
	})
	s.Validate = kind.CheckAll(kind.Check(func(n *corev1.Node) (errs field.ErrorList) {
		seen := map[[2]string]bool{}
		for i, t := range n.Spec.Taints {
			k := [2]string{t.Key, t.Effect}
			if seen[k] {
				e := field.Duplicate(field.NewPath("metadata", "taints").Index(i), display.Value(t))
				e.Detail = "taints must be unique by key and effect pair"
				errs = append(errs, e)
			}
			seen[k] = true
		}
		return errs
	}), kind.Check(nodeReport), kind.Check(nodeRanges))
	s.ValidateCreate = kind.Check(func(n *corev1.Node) field.ErrorList {
		return swap(n.Status.NodeInfo.Swap, field.NewPath("metadata", "nodeSwapStatus"))
	})
	s.Warnings = kind.Warn(func(n, _ *corev1.Node) []string { return nodeWarnings(n) })
	s.ValidateUpdate = kind.CheckUpdate(validateNodeUpdate)
}

func nodeStatus(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.PrepareStatus = kind.OnUpdate(func(_ context.Context, _ *resource.Attempt, n, old *corev1.Node) error {
		if old.Status.Config == nil {
			n.Status.Config = nil
		}
		return nil
	})
	s.Validate = kind.Check(nodeReport)
	s.ValidateUpdate = kind.CheckUpdate(validateNodeUpdate)
}

func validateNodeUpdate(n, old *corev1.Node) (errs field.ErrorList) {
	path := field.NewPath("spec")
	seen := make(map[corev1.NodeAddress]bool, len(n.Status.Addresses))
	for i, a := range n.Status.Addresses {
		if seen[a] {
			errs = append(errs, field.Duplicate(field.NewPath("status", "addresses").Index(i), display.Value(a)))
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

// nodeRanges allows at most one pod CIDR of each family.
func nodeRanges(o *corev1.Node) field.ErrorList {
	list, families := o.Spec.PodCIDRs, map[string]int{}
	for _, r := range list {
		address, _, _ := strings.Cut(r, "/")
		families[kind.FamilyOf(address)]++
	}
	var errs field.ErrorList
	if len(list) > 1 {
		if _, err := netutils.IsDualStackCIDRStrings(list); err != nil {
			errs = append(errs, field.InternalError(spec.Child("podCIDRs"), fmt.Errorf("invalid PodCIDRs. failed to check with dual stack with error:%w", err)))
		}
	}
	if len(list) > 1 && (len(list) > 2 || families[kind.IPv4] != 1 || families[kind.IPv6] != 1) {
		errs = append(errs, field.Invalid(spec.Child("podCIDRs"), list, "may specify no more than one CIDR for each IP family"))
	}
	return errs
}

func defaultNode(n *corev1.Node) {
	// An empty list is stored as absent, so reads default it to the capacity.
	if len(n.Status.Allocatable) == 0 && n.Status.Capacity != nil {
		n.Status.Allocatable = maps.Clone(n.Status.Capacity)
	}
	podCIDRs(&n.Spec)
	n.SetDefaults()
}

// podCIDRs keeps podCIDR and podCIDRs equal. podCIDR, which is older, takes precedence.
func podCIDRs(s *corev1.NodeSpec) {
	if s.PodCIDR != "" && (len(s.PodCIDRs) == 0 || s.PodCIDRs[0] != s.PodCIDR) {
		s.PodCIDRs = []string{s.PodCIDR}
	}
	if s.PodCIDR == "" && len(s.PodCIDRs) > 0 {
		s.PodCIDR = s.PodCIDRs[0]
	}
}

func nodeState(n *corev1.Node) string {
	status := "Unknown"
	for _, c := range n.Status.Conditions {
		if c.Type == "Ready" && c.Status == "True" {
			status = "Ready"
		} else if c.Type == "Ready" {
			status = "NotReady"
		}
	}
	if n.Spec.Unschedulable {
		status += ",SchedulingDisabled"
	}
	return status
}

// nodeRoles is the column of roles, from the labels node-role.kubernetes.io/<role> and the older kubernetes.io/role.
func nodeRoles(n *corev1.Node) string {
	var roles []string
	for k, v := range n.Labels {
		if role, ok := strings.CutPrefix(k, "node-role.kubernetes.io/"); ok && role != "" {
			roles = append(roles, role)
		} else if k == "kubernetes.io/role" && v != "" {
			roles = append(roles, v)
		}
	}
	if len(roles) == 0 {
		return "<none>"
	}
	slices.Sort(roles)
	return strings.Join(slices.Compact(roles), ",")
}

func nodeKernel(n *corev1.Node) string {
	kernel := n.Status.NodeInfo.KernelVersion
	if kernel == "" {
		kernel = "<unknown>"
	}
	if arch := n.Status.NodeInfo.Architecture; arch != "" {
		kernel += " (" + arch + ")"
	}
	return kernel
}

func nodeWarnings(o *corev1.Node) (out []string) {
	if o.Spec.ConfigSource != nil {
		out = append(out, "spec.configSource: the feature is removed")
	}
	if o.Spec.DoNotUseExternalID != "" {
		out = append(out, "spec.externalID: this field is deprecated, and is unused by Kubernetes")
	}
	for i, cidr := range o.Spec.PodCIDRs {
		out = append(out, validation.GetWarningsForCIDR(spec.Child("podCIDRs").Index(i), cidr)...)
	}
	return out
}
