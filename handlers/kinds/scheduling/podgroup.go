package scheduling

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	schedulingv1alpha2 "github.com/gatehouse-dev/gatehouse/gen/types/scheduling/v1alpha2"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

var podGroups = kind.Kind{
	Group: group, Resource: "podgroups", Strategy: podGroup,
	Subresources: map[string]kind.Strategy{"status": podGroupStatusRules},
	Cells: kind.Cells{
		"podGroupPolicy": kind.CellOf(podGroupPolicy),
		"podGroupStatus": kind.CellOf(podGroupStatus),
	},
}

func podGroupPolicy(g *schedulingv1alpha2.PodGroup) string {
	if g.Spec.SchedulingPolicy.Gang != nil {
		return "Gang"
	}
	return "Basic"
}

// podGroupStatus is the status column: a disruption target takes precedence over the scheduling condition.
func podGroupStatus(g *schedulingv1alpha2.PodGroup) string {
	status, disruption, disrupted := "Pending", "", false
	for _, c := range g.Status.Conditions {
		switch {
		case c.Type == "DisruptionTarget":
			disruption, disrupted = c.Reason, true
		case c.Type == "PodGroupScheduled" && c.Status == metav1.ConditionTrue:
			status = "Scheduled"
		case c.Type == "PodGroupScheduled":
			status = "Unschedulable"
		}
	}
	if disrupted {
		return disruption
	}
	return status
}
