package autoscaling

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	autoscalingv1 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v1"
	autoscalingv2 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v2"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// v1 has a field for the CPU utilization only. The rest of v2 is in these annotations of v1.
const (
	alpha             = "autoscaling.alpha.kubernetes.io/"
	metricsNote       = alpha + "metrics"
	currentNote       = alpha + "current-metrics"
	conditionsNote    = alpha + "conditions"
	behaviorNote      = alpha + "behavior"
	toleranceDownNote = alpha + "scale-down-tolerance"
	toleranceUpNote   = alpha + "scale-up-tolerance"
)

// defaultCPU is the default target.
const defaultCPU = 80

var notes = []string{metricsNote, currentNote, conditionsNote, behaviorNote, toleranceDownNote, toleranceUpNote}

func hasNotes(annotations map[string]string) bool {
	return slices.ContainsFunc(notes, func(name string) bool { _, ok := annotations[name]; return ok })
}

func dropNotes(in map[string]string) map[string]string {
	out := maps.Clone(in)
	for _, k := range notes {
		delete(out, k)
	}
	return out
}

// isCPU reports whether a metric is the one that v1 has a field for.
func isCPU(m *autoscalingv2.MetricSpec) bool {
	return m.Type == "Resource" && m.Resource != nil && m.Resource.Name == "cpu" && m.Resource.Target.AverageUtilization != nil
}

func cpuMetric(percent int32) autoscalingv2.MetricSpec {
	return autoscalingv2.MetricSpec{Type: "Resource", Resource: &autoscalingv2.ResourceMetricSource{
		Name: "cpu", Target: autoscalingv2.MetricTarget{Type: "Utilization", AverageUtilization: &percent}}}
}

func toV1(in *autoscalingv2.HorizontalPodAutoscaler) (*autoscalingv1.HorizontalPodAutoscaler, error) {
	out := &autoscalingv1.HorizontalPodAutoscaler{
		TypeMeta: metav1.TypeMeta{APIVersion: "autoscaling/v1", Kind: "HorizontalPodAutoscaler"}, ObjectMeta: in.ObjectMeta,
		Spec: autoscalingv1.HorizontalPodAutoscalerSpec{ScaleTargetRef: autoscalingv1.CrossVersionObjectReference(in.Spec.ScaleTargetRef),
			MinReplicas: in.Spec.MinReplicas, MaxReplicas: in.Spec.MaxReplicas},
		Status: autoscalingv1.HorizontalPodAutoscalerStatus{ObservedGeneration: in.Status.ObservedGeneration, LastScaleTime: in.Status.LastScaleTime,
			CurrentReplicas: in.Status.CurrentReplicas, DesiredReplicas: in.Status.DesiredReplicas},
	}
	var rest []metricSpec
	for i := range in.Spec.Metrics {
		m := &in.Spec.Metrics[i]
		switch {
		case !isCPU(m):
			rest = append(rest, metricToV1(m))
		case out.Spec.TargetCPUUtilizationPercentage == nil:
			out.Spec.TargetCPUUtilizationPercentage = m.Resource.Target.AverageUtilization
		}
	}
	var current []metricStatus
	for i := range in.Status.CurrentMetrics {
		m := &in.Status.CurrentMetrics[i]
		if m.Type == "Resource" && m.Resource != nil && m.Resource.Name == "cpu" && m.Resource.Current.AverageUtilization != nil {
			out.Status.CurrentCPUUtilizationPercentage = m.Resource.Current.AverageUtilization
		}
		current = append(current, statusToV1(m))
	}
	out.Annotations = dropNotes(in.Annotations)
	note := func(name string, present bool, v any) error {
		if !present {
			return nil
		}
		b, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("annotation %s: %w", name, err)
		}
		if out.Annotations == nil {
			out.Annotations = map[string]string{}
		}
		out.Annotations[name] = string(b)
		return nil
	}
	for _, n := range []struct {
		name    string
		present bool
		v       any
	}{
		{metricsNote, len(rest) > 0, rest}, {currentNote, len(current) > 0, current},
		{behaviorNote, in.Spec.Behavior != nil, behaviorToNote(in.Spec.Behavior)}, {conditionsNote, len(in.Status.Conditions) > 0, in.Status.Conditions},
	} {
		if err := note(n.name, n.present, n.v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func toV2(in *autoscalingv1.HorizontalPodAutoscaler) (*autoscalingv2.HorizontalPodAutoscaler, error) {
	out := &autoscalingv2.HorizontalPodAutoscaler{
		TypeMeta: metav1.TypeMeta{APIVersion: "autoscaling/v2", Kind: "HorizontalPodAutoscaler"}, ObjectMeta: in.ObjectMeta,
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{ScaleTargetRef: autoscalingv2.CrossVersionObjectReference(in.Spec.ScaleTargetRef),
			MinReplicas: in.Spec.MinReplicas, MaxReplicas: in.Spec.MaxReplicas},
		Status: autoscalingv2.HorizontalPodAutoscalerStatus{ObservedGeneration: in.Status.ObservedGeneration, LastScaleTime: in.Status.LastScaleTime,
			CurrentReplicas: in.Status.CurrentReplicas, DesiredReplicas: in.Status.DesiredReplicas},
	}
	// An invalid annotation is dropped, because an error would make the object unreadable.
	var rest []metricSpec
	if read(in.Annotations, metricsNote, &rest) {
		for i := range rest {
			out.Spec.Metrics = append(out.Spec.Metrics, metricToV2(&rest[i]))
		}
	}
	if p := in.Spec.TargetCPUUtilizationPercentage; p != nil {
		out.Spec.Metrics = append(out.Spec.Metrics, cpuMetric(*p))
	}
	if len(out.Spec.Metrics) == 0 {
		out.Spec.Metrics = []autoscalingv2.MetricSpec{cpuMetric(defaultCPU)}
	}
	var b behaviorNoteForm
	if read(in.Annotations, behaviorNote, &b) && (b.ScaleUp != nil || b.ScaleDown != nil) {
		out.Spec.Behavior = behaviorFromNote(&b)
	}
	if p := in.Status.CurrentCPUUtilizationPercentage; p != nil {
		out.Status.CurrentMetrics = []autoscalingv2.MetricStatus{{Type: "Resource", Resource: &autoscalingv2.ResourceMetricStatus{
			Name: "cpu", Current: autoscalingv2.MetricValueStatus{AverageUtilization: p}}}}
	}
	var current []metricStatus
	if read(in.Annotations, currentNote, &current) {
		out.Status.CurrentMetrics = nil
		for i := range current {
			out.Status.CurrentMetrics = append(out.Status.CurrentMetrics, statusToV2(&current[i]))
		}
	}
	var conditions []autoscalingv2.HorizontalPodAutoscalerCondition
	if read(in.Annotations, conditionsNote, &conditions) {
		out.Status.Conditions = conditions
	}
	out.Annotations = dropNotes(in.Annotations)
	return out, nil
}

func read(notes map[string]string, name string, into any) bool {
	text, ok := notes[name]
	return ok && object.CheckQuantities([]byte(text), into) == nil && json.Unmarshal([]byte(text), into) == nil
}
