package defaults

import (
	autoscalingv2 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v2"
)

// horizontalPodAutoscaler without metrics aims at 80 % of the requested CPU. Behavior, once given, is completed rule by rule.
func horizontalPodAutoscaler(h *autoscalingv2.HorizontalPodAutoscaler) {
	h.SetDefaults()
	if len(h.Spec.Metrics) == 0 {
		utilization := int32(80)
		h.Spec.Metrics = []autoscalingv2.MetricSpec{{Type: "Resource", Resource: &autoscalingv2.ResourceMetricSource{
			Name:   "cpu",
			Target: autoscalingv2.MetricTarget{Type: "Utilization", AverageUtilization: &utilization},
		}}}
	}
	b := h.Spec.Behavior
	if b == nil {
		return
	}
	setIfNil(&b.ScaleUp, autoscalingv2.HPAScalingRules{})
	setIfNil(&b.ScaleUp.StabilizationWindowSeconds, 0)
	scalingRules(b.ScaleUp,
		autoscalingv2.HPAScalingPolicy{Type: "Pods", Value: 4, PeriodSeconds: 15},
		autoscalingv2.HPAScalingPolicy{Type: "Percent", Value: 100, PeriodSeconds: 15})
	setIfNil(&b.ScaleDown, autoscalingv2.HPAScalingRules{})
	scalingRules(b.ScaleDown, autoscalingv2.HPAScalingPolicy{Type: "Percent", Value: 100, PeriodSeconds: 15})
}

func scalingRules(r *autoscalingv2.HPAScalingRules, policies ...autoscalingv2.HPAScalingPolicy) {
	setIfNil(&r.SelectPolicy, "Max")
	if r.Policies == nil {
		r.Policies = policies
	}
}
