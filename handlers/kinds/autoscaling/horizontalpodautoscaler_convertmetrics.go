package autoscaling

import (
	quantity "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	autoscalingv2 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v2"
)

// Metrics in annotations have the form of v1's internal types, which are not served otherwise.

type metricSpec struct {
	Type              string         `json:"type"`
	Object            *objectNote    `json:"object,omitempty"`
	Pods              *podsNote      `json:"pods,omitempty"`
	Resource          *resourceNote  `json:"resource,omitempty"`
	ContainerResource *containerNote `json:"containerResource,omitempty"`
	External          *externalNote  `json:"external,omitempty"`
}

type objectNote struct {
	Target       autoscalingv2.CrossVersionObjectReference `json:"target"`
	MetricName   string                                    `json:"metricName"`
	TargetValue  quantity.Quantity                         `json:"targetValue"`
	Selector     *metav1.LabelSelector                     `json:"selector,omitempty"`
	AverageValue *quantity.Quantity                        `json:"averageValue,omitempty"`
}

type podsNote struct {
	MetricName         string                `json:"metricName"`
	TargetAverageValue quantity.Quantity     `json:"targetAverageValue"`
	Selector           *metav1.LabelSelector `json:"selector,omitempty"`
}

type resourceNote struct {
	Name                     string             `json:"name"`
	TargetAverageUtilization *int32             `json:"targetAverageUtilization,omitempty"`
	TargetAverageValue       *quantity.Quantity `json:"targetAverageValue,omitempty"`
}

type containerNote struct {
	resourceNote
	Container string `json:"container"`
}

type externalNote struct {
	MetricName         string                `json:"metricName"`
	MetricSelector     *metav1.LabelSelector `json:"metricSelector,omitempty"`
	TargetValue        *quantity.Quantity    `json:"targetValue,omitempty"`
	TargetAverageValue *quantity.Quantity    `json:"targetAverageValue,omitempty"`
}

func metricToV1(m *autoscalingv2.MetricSpec) metricSpec {
	out := metricSpec{Type: m.Type}
	if o := m.Object; o != nil {
		out.Object = &objectNote{Target: o.DescribedObject, MetricName: o.Metric.Name, Selector: o.Metric.Selector, TargetValue: value(o.Target.Value), AverageValue: o.Target.AverageValue}
	}
	if p := m.Pods; p != nil {
		out.Pods = &podsNote{MetricName: p.Metric.Name, Selector: p.Metric.Selector, TargetAverageValue: value(p.Target.AverageValue)}
	}
	if r := m.Resource; r != nil {
		out.Resource = &resourceNote{Name: r.Name, TargetAverageUtilization: r.Target.AverageUtilization, TargetAverageValue: r.Target.AverageValue}
	}
	if r := m.ContainerResource; r != nil {
		out.ContainerResource = &containerNote{Container: r.Container, resourceNote: resourceNote{Name: r.Name, TargetAverageUtilization: r.Target.AverageUtilization, TargetAverageValue: r.Target.AverageValue}}
	}
	if e := m.External; e != nil {
		out.External = &externalNote{MetricName: e.Metric.Name, MetricSelector: e.Metric.Selector, TargetValue: e.Target.Value, TargetAverageValue: e.Target.AverageValue}
	}
	return out
}

func metricToV2(m *metricSpec) autoscalingv2.MetricSpec {
	out := autoscalingv2.MetricSpec{Type: m.Type}
	if o := m.Object; o != nil {
		t := autoscalingv2.MetricTarget{Type: "Value", Value: &o.TargetValue, AverageValue: o.AverageValue}
		if o.AverageValue != nil {
			if t.Type = "AverageValue"; o.TargetValue.IsZero() {
				t.Value = nil
			}
		}
		out.Object = &autoscalingv2.ObjectMetricSource{DescribedObject: o.Target, Target: t, Metric: identifier(o.MetricName, o.Selector)}
	}
	if p := m.Pods; p != nil {
		out.Pods = &autoscalingv2.PodsMetricSource{Metric: identifier(p.MetricName, p.Selector), Target: autoscalingv2.MetricTarget{Type: "AverageValue", AverageValue: &p.TargetAverageValue}}
	}
	if r := m.Resource; r != nil {
		out.Resource = &autoscalingv2.ResourceMetricSource{Name: r.Name, Target: r.target()}
	}
	if r := m.ContainerResource; r != nil {
		out.ContainerResource = &autoscalingv2.ContainerResourceMetricSource{Name: r.Name, Container: r.Container, Target: r.target()}
	}
	if e := m.External; e != nil {
		t := autoscalingv2.MetricTarget{Type: "Value", Value: e.TargetValue, AverageValue: e.TargetAverageValue}
		if e.TargetValue == nil {
			t.Type = "AverageValue"
		}
		out.External = &autoscalingv2.ExternalMetricSource{Metric: identifier(e.MetricName, e.MetricSelector), Target: t}
	}
	return out
}

func (r *resourceNote) target() autoscalingv2.MetricTarget {
	t := autoscalingv2.MetricTarget{Type: "Utilization", AverageUtilization: r.TargetAverageUtilization, AverageValue: r.TargetAverageValue}
	if r.TargetAverageUtilization == nil {
		t.Type = "AverageValue"
	}
	return t
}

func identifier(name string, selector *metav1.LabelSelector) autoscalingv2.MetricIdentifier {
	return autoscalingv2.MetricIdentifier{Name: name, Selector: selector}
}

func value(q *quantity.Quantity) quantity.Quantity {
	if q == nil {
		return quantity.Quantity{}
	}
	return *q
}

// behaviorNoteForm is the form of a behavior in its annotation: Go field names without omitempty.
type behaviorNoteForm struct{ ScaleUp, ScaleDown *rulesNoteForm }

type rulesNoteForm struct {
	StabilizationWindowSeconds *int32
	SelectPolicy               *string
	Policies                   []policyNoteForm
	Tolerance                  *quantity.Quantity
}

type policyNoteForm struct {
	Type                 string
	Value, PeriodSeconds int32
}

func behaviorToNote(b *autoscalingv2.HorizontalPodAutoscalerBehavior) *behaviorNoteForm {
	if b == nil {
		return nil
	}
	rules := func(r *autoscalingv2.HPAScalingRules) *rulesNoteForm {
		if r == nil {
			return nil
		}
		out := &rulesNoteForm{StabilizationWindowSeconds: r.StabilizationWindowSeconds, SelectPolicy: r.SelectPolicy, Tolerance: r.Tolerance}
		for _, p := range r.Policies {
			out.Policies = append(out.Policies, policyNoteForm(p))
		}
		return out
	}
	return &behaviorNoteForm{rules(b.ScaleUp), rules(b.ScaleDown)}
}

func behaviorFromNote(b *behaviorNoteForm) *autoscalingv2.HorizontalPodAutoscalerBehavior {
	rules := func(r *rulesNoteForm) *autoscalingv2.HPAScalingRules {
		if r == nil {
			return nil
		}
		out := &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: r.StabilizationWindowSeconds, SelectPolicy: r.SelectPolicy, Tolerance: r.Tolerance}
		for _, p := range r.Policies {
			out.Policies = append(out.Policies, autoscalingv2.HPAScalingPolicy(p))
		}
		return out
	}
	return &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: rules(b.ScaleUp), ScaleDown: rules(b.ScaleDown)}
}
