package autoscaling

import (
	"fmt"

	autoscalingv2 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v2"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

func scalerTargets(h *autoscalingv2.HorizontalPodAutoscaler) string {
	return metricTexts(h.Spec.Metrics, h.Status.CurrentMetrics)
}

// metricTexts pairs each metric with the status at the same position.
func metricTexts(specs []autoscalingv2.MetricSpec, statuses []autoscalingv2.MetricStatus) string {
	list := kind.ShortList{Limit: 2, Separator: ", "}
	for i := range specs {
		var status autoscalingv2.MetricStatus
		if i < len(statuses) {
			status = statuses[i]
		}
		list.Add(metricText(&specs[i], &status))
	}
	return list.Text("<none>")
}

func metricText(m *autoscalingv2.MetricSpec, s *autoscalingv2.MetricStatus) string {
	var current *autoscalingv2.MetricValueStatus
	switch {
	case m.Type == "External" && m.External != nil:
		if s.External != nil {
			current = &s.External.Current
		}
		return valueText(&m.External.Target, current)
	case m.Type == "Object" && m.Object != nil:
		if s.Object != nil {
			current = &s.Object.Current
		}
		return valueText(&m.Object.Target, current)
	case m.Type == "Pods" && m.Pods != nil:
		if s.Pods != nil {
			current = &s.Pods.Current
		}
		return averageText(&m.Pods.Target, current)
	case m.Type == "Resource" && m.Resource != nil:
		if s.Resource != nil {
			current = &s.Resource.Current
		}
		return m.Resource.Name + ": " + utilizationText(&m.Resource.Target, current)
	case m.Type == "ContainerResource" && m.ContainerResource != nil:
		if s.ContainerResource != nil {
			current = &s.ContainerResource.Current
		}
		return m.ContainerResource.Name + ": " + utilizationText(&m.ContainerResource.Target, current)
	}
	return "<unknown type>"
}

// valueText is for metrics with a value, or with an average value over all pods.
func valueText(target *autoscalingv2.MetricTarget, current *autoscalingv2.MetricValueStatus) string {
	now := "<unknown>"
	if target.AverageValue != nil {
		if current != nil && current.AverageValue != nil {
			now = current.AverageValue.String()
		}
		return now + "/" + target.AverageValue.String() + " (avg)"
	}
	if current != nil {
		now = current.Value.String()
	}
	return now + "/" + target.Value.String()
}

func averageText(target *autoscalingv2.MetricTarget, current *autoscalingv2.MetricValueStatus) string {
	now := "<unknown>"
	if current != nil {
		now = current.AverageValue.String()
	}
	return now + "/" + target.AverageValue.String()
}

// utilizationText is for resource metrics: an average value or a utilization of the requests.
func utilizationText(target *autoscalingv2.MetricTarget, current *autoscalingv2.MetricValueStatus) string {
	if target.AverageValue != nil {
		return averageText(target, current)
	}
	now, want := "<unknown>", "<auto>"
	if current != nil && current.AverageUtilization != nil {
		now = fmt.Sprintf("%d%%", *current.AverageUtilization)
	}
	if target.AverageUtilization != nil {
		want = fmt.Sprintf("%d%%", *target.AverageUtilization)
	}
	return now + "/" + want
}
