package columns

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/api/resource"

	autoscalingv1 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v1"
	autoscalingv2 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v2"
)

// Version v1 has fields for the processor's utilization only; every other metric travels in annotations, in a form of its
// own. The order among metrics does not survive that: the processor comes last.
const (
	metricsAnnotation        = "autoscaling.alpha.kubernetes.io/metrics"
	currentMetricsAnnotation = "autoscaling.alpha.kubernetes.io/current-metrics"
	// impliedUtilization is the target of a v1 autoscaler that states none.
	impliedUtilization = 80
)

// metricV1 is a metric, or its current value, in an annotation. What a type of metric does not use is empty.
type metricV1 struct {
	Type                                                string
	Object, Pods, Resource, ContainerResource, External *metricFieldsV1
}

type metricFieldsV1 struct {
	Name                                                string
	TargetValue, TargetAverageValue, AverageValue       *resource.Quantity
	CurrentValue, CurrentAverageValue                   *resource.Quantity
	TargetAverageUtilization, CurrentAverageUtilization *int32
}

func scalerTargetsV1(h *autoscalingv1.HorizontalPodAutoscaler) string {
	var specs []autoscalingv2.MetricSpec
	var statuses []autoscalingv2.MetricStatus
	var metrics []metricV1
	if json.Unmarshal([]byte(h.Annotations[metricsAnnotation]), &metrics) == nil {
		for _, m := range metrics {
			specs = append(specs, m.spec())
		}
	}
	utilization := h.Spec.TargetCPUUtilizationPercentage
	if utilization == nil && len(specs) == 0 {
		utilization = new(int32)
		*utilization = impliedUtilization
	}
	if utilization != nil {
		specs = append(specs, autoscalingv2.MetricSpec{Type: "Resource", Resource: &autoscalingv2.ResourceMetricSource{Name: "cpu", Target: autoscalingv2.MetricTarget{AverageUtilization: utilization}}})
	}
	metrics = nil
	if text, ok := h.Annotations[currentMetricsAnnotation]; ok && json.Unmarshal([]byte(text), &metrics) == nil {
		for _, m := range metrics {
			statuses = append(statuses, m.status())
		}
	} else if current := h.Status.CurrentCPUUtilizationPercentage; current != nil {
		statuses = append(statuses, autoscalingv2.MetricStatus{Type: "Resource", Resource: &autoscalingv2.ResourceMetricStatus{Name: "cpu", Current: autoscalingv2.MetricValueStatus{AverageUtilization: current}}})
	}
	return metricTexts(specs, statuses)
}

// spec is the metric as version v2 has it, as far as columns show it.
func (m metricV1) spec() autoscalingv2.MetricSpec {
	out := autoscalingv2.MetricSpec{Type: m.Type}
	switch f := m.fields(); {
	case f == nil:
	case m.Type == "Object":
		out.Object = &autoscalingv2.ObjectMetricSource{Target: autoscalingv2.MetricTarget{Value: f.TargetValue, AverageValue: f.AverageValue}}
	case m.Type == "External":
		out.External = &autoscalingv2.ExternalMetricSource{Target: autoscalingv2.MetricTarget{Value: f.TargetValue, AverageValue: f.TargetAverageValue}}
	case m.Type == "Pods":
		out.Pods = &autoscalingv2.PodsMetricSource{Target: autoscalingv2.MetricTarget{AverageValue: f.TargetAverageValue}}
	case m.Type == "Resource":
		out.Resource = &autoscalingv2.ResourceMetricSource{Name: f.Name, Target: autoscalingv2.MetricTarget{AverageValue: f.TargetAverageValue, AverageUtilization: f.TargetAverageUtilization}}
	case m.Type == "ContainerResource":
		out.ContainerResource = &autoscalingv2.ContainerResourceMetricSource{Name: f.Name, Target: autoscalingv2.MetricTarget{AverageValue: f.TargetAverageValue, AverageUtilization: f.TargetAverageUtilization}}
	}
	return out
}

// status is the current value as version v2 has it.
func (m metricV1) status() autoscalingv2.MetricStatus {
	out := autoscalingv2.MetricStatus{Type: m.Type}
	f := m.fields()
	if f == nil {
		return out
	}
	current := autoscalingv2.MetricValueStatus{Value: f.CurrentValue, AverageValue: f.CurrentAverageValue, AverageUtilization: f.CurrentAverageUtilization}
	switch m.Type {
	case "Object":
		current.AverageValue = f.AverageValue
		out.Object = &autoscalingv2.ObjectMetricStatus{Current: current}
	case "External":
		out.External = &autoscalingv2.ExternalMetricStatus{Current: current}
	case "Pods":
		out.Pods = &autoscalingv2.PodsMetricStatus{Current: current}
	case "Resource":
		out.Resource = &autoscalingv2.ResourceMetricStatus{Name: f.Name, Current: current}
	case "ContainerResource":
		out.ContainerResource = &autoscalingv2.ContainerResourceMetricStatus{Name: f.Name, Current: current}
	}
	return out
}

func (m metricV1) fields() *metricFieldsV1 {
	return map[string]*metricFieldsV1{"Object": m.Object, "Pods": m.Pods, "Resource": m.Resource, "ContainerResource": m.ContainerResource, "External": m.External}[m.Type]
}
