package autoscaling

import (
	quantity "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	autoscalingv2 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v2"
)

type metricStatus struct {
	Type              string           `json:"type"`
	Object            *objectStatus    `json:"object,omitempty"`
	Pods              *podsStatus      `json:"pods,omitempty"`
	Resource          *resourceStatus  `json:"resource,omitempty"`
	ContainerResource *containerStatus `json:"containerResource,omitempty"`
	External          *externalStatus  `json:"external,omitempty"`
}

type objectStatus struct {
	Target       autoscalingv2.CrossVersionObjectReference `json:"target"`
	MetricName   string                                    `json:"metricName"`
	CurrentValue quantity.Quantity                         `json:"currentValue"`
	Selector     *metav1.LabelSelector                     `json:"selector,omitempty"`
	AverageValue *quantity.Quantity                        `json:"averageValue,omitempty"`
}

type podsStatus struct {
	MetricName          string                `json:"metricName"`
	CurrentAverageValue quantity.Quantity     `json:"currentAverageValue"`
	Selector            *metav1.LabelSelector `json:"selector,omitempty"`
}

// resourceStatus always writes a value, even 0.
type resourceStatus struct {
	Name                      string             `json:"name"`
	CurrentAverageUtilization *int32             `json:"currentAverageUtilization,omitempty"`
	CurrentAverageValue       *quantity.Quantity `json:"currentAverageValue"`
}

type containerStatus struct {
	resourceStatus
	Container string `json:"container"`
}

type externalStatus struct {
	MetricName          string                `json:"metricName"`
	MetricSelector      *metav1.LabelSelector `json:"metricSelector,omitempty"`
	CurrentValue        quantity.Quantity     `json:"currentValue"`
	CurrentAverageValue *quantity.Quantity    `json:"currentAverageValue,omitempty"`
}

func statusToV1(m *autoscalingv2.MetricStatus) metricStatus {
	out := metricStatus{Type: m.Type}
	if o := m.Object; o != nil {
		out.Object = &objectStatus{Target: o.DescribedObject, MetricName: o.Metric.Name, Selector: o.Metric.Selector, CurrentValue: value(o.Current.Value), AverageValue: o.Current.AverageValue}
	}
	if p := m.Pods; p != nil {
		out.Pods = &podsStatus{MetricName: p.Metric.Name, Selector: p.Metric.Selector, CurrentAverageValue: value(p.Current.AverageValue)}
	}
	if r := m.Resource; r != nil {
		out.Resource = &resourceStatus{Name: r.Name, CurrentAverageUtilization: r.Current.AverageUtilization, CurrentAverageValue: stated(r.Current.AverageValue)}
	}
	if r := m.ContainerResource; r != nil {
		out.ContainerResource = &containerStatus{Container: r.Container, resourceStatus: resourceStatus{Name: r.Name, CurrentAverageUtilization: r.Current.AverageUtilization, CurrentAverageValue: stated(r.Current.AverageValue)}}
	}
	if e := m.External; e != nil {
		out.External = &externalStatus{MetricName: e.Metric.Name, MetricSelector: e.Metric.Selector, CurrentValue: value(e.Current.Value), CurrentAverageValue: e.Current.AverageValue}
	}
	return out
}

func statusToV2(m *metricStatus) autoscalingv2.MetricStatus {
	out := autoscalingv2.MetricStatus{Type: m.Type}
	if o := m.Object; o != nil {
		out.Object = &autoscalingv2.ObjectMetricStatus{DescribedObject: o.Target, Metric: identifier(o.MetricName, o.Selector), Current: autoscalingv2.MetricValueStatus{Value: &o.CurrentValue, AverageValue: o.AverageValue}}
	}
	if p := m.Pods; p != nil {
		out.Pods = &autoscalingv2.PodsMetricStatus{Metric: identifier(p.MetricName, p.Selector), Current: autoscalingv2.MetricValueStatus{AverageValue: &p.CurrentAverageValue}}
	}
	if r := m.Resource; r != nil {
		out.Resource = &autoscalingv2.ResourceMetricStatus{Name: r.Name, Current: r.current()}
	}
	if r := m.ContainerResource; r != nil {
		out.ContainerResource = &autoscalingv2.ContainerResourceMetricStatus{Name: r.Name, Container: r.Container, Current: r.current()}
	}
	if e := m.External; e != nil {
		out.External = &autoscalingv2.ExternalMetricStatus{Metric: identifier(e.MetricName, e.MetricSelector), Current: autoscalingv2.MetricValueStatus{Value: &e.CurrentValue, AverageValue: e.CurrentAverageValue}}
	}
	return out
}

func stated(q *quantity.Quantity) *quantity.Quantity {
	out := value(q)
	return &out
}

// current always sets a value from the annotation, even 0. withoutZeros has removed those that the stored object does not have.
func (r *resourceStatus) current() autoscalingv2.MetricValueStatus {
	return autoscalingv2.MetricValueStatus{AverageValue: r.CurrentAverageValue, AverageUtilization: r.CurrentAverageUtilization}
}
