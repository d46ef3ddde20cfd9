package columns

import (
	"slices"
	"strings"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

func nodeStatus(n *corev1.Node) string {
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

// nodeRoles are the names in labels node-role.kubernetes.io/<role>, and the value of the older kubernetes.io/role.
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
