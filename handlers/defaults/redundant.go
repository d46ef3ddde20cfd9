package defaults

import (
	autoscalingv1 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v1"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// Some facts stand twice in an object: in the field of an old client and in its successor. The original brings them into
// agreement whenever it reads an object; what it does with them is here.

// podIPs: the single address, which old kubelets write, wins over the list; the list's first fills the single one.
func podIPs(s *corev1.PodStatus) {
	if s.PodIP != "" && (len(s.PodIPs) == 0 || s.PodIPs[0].IP != s.PodIP) {
		s.PodIPs = []corev1.PodIP{{IP: s.PodIP}}
	}
	if s.PodIP == "" && len(s.PodIPs) > 0 {
		s.PodIP = s.PodIPs[0].IP
	}
}

// horizontalPodAutoscalerV1 aims at 80 % CPU when neither the field nor the annotation with other metrics says what to aim at.
func horizontalPodAutoscalerV1(h *autoscalingv1.HorizontalPodAutoscaler) {
	if _, other := h.Annotations["autoscaling.alpha.kubernetes.io/metrics"]; !other {
		setIfNil(&h.Spec.TargetCPUUtilizationPercentage, 80)
	}
	h.SetDefaults()
}
