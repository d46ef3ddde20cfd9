package defaults

import (
	autoscalingv1 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v1"
)

// Some facts stand twice in an object: in the field of an old client and in its successor. The original brings them into
// agreement whenever it reads an object; what it does with them is here.

// horizontalPodAutoscalerV1 aims at 80 % CPU when neither the field nor the annotation with other metrics says what to aim at.
func horizontalPodAutoscalerV1(h *autoscalingv1.HorizontalPodAutoscaler) {
	if _, other := h.Annotations["autoscaling.alpha.kubernetes.io/metrics"]; !other {
		setIfNil(&h.Spec.TargetCPUUtilizationPercentage, 80)
	}
	h.SetDefaults()
}
