package autoscaling

import (
	"maps"
	"testing"

	autoscalingv1 "github.com/gatehouse-dev/gatehouse/gen/types/autoscaling/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// What the first version of an autoscaler keeps in annotations belongs to its spec or to its status, and follows their rules.
func TestAutoscalerNotes(t *testing.T) {
	const prefix = "autoscaling.alpha.kubernetes.io/"
	scaler := func(by string) *autoscalingv1.HorizontalPodAutoscaler {
		o := &autoscalingv1.HorizontalPodAutoscaler{}
		o.Annotations = map[string]string{"own": by, prefix + "metrics": by, prefix + "behavior": by, prefix + "current-metrics": by, prefix + "conditions": by}
		return o
	}
	notes := func(spec, status string) map[string]string {
		out := map[string]string{"own": "new", prefix + "metrics": spec, prefix + "behavior": spec}
		if status != "" {
			out[prefix+"current-metrics"], out[prefix+"conditions"] = status, status
		}
		return out
	}
	main, status := hooks(t, "v1", "horizontalpodautoscalers", ""), hooks(t, "v1", "horizontalpodautoscalers", "status")
	o := scaler("new")
	if err := main.PrepareForCreate(t.Context(), kindtest.Attempt(), o); err != nil || !maps.Equal(o.Annotations, notes("new", "")) {
		t.Errorf("create: %v %v", o.Annotations, err)
	}
	o = scaler("new")
	if err := main.PrepareForUpdate(t.Context(), kindtest.Attempt(), o, scaler("old")); err != nil || !maps.Equal(o.Annotations, notes("new", "old")) {
		t.Errorf("update: %v %v", o.Annotations, err)
	}
	o = scaler("new")
	if err := status.PrepareStatus(t.Context(), kindtest.Attempt(), o, scaler("old")); err != nil || !maps.Equal(o.Annotations, notes("old", "new")) {
		t.Errorf("status: %v %v", o.Annotations, err)
	}
	bare := &autoscalingv1.HorizontalPodAutoscaler{}
	if err := main.PrepareForUpdate(t.Context(), kindtest.Attempt(), bare, scaler("old")); err != nil || len(bare.Annotations) != 2 {
		t.Errorf("an update without annotations: %v %v", bare.Annotations, err)
	}
	second := hooks(t, "v2", "horizontalpodautoscalers", "")
	if second.PrepareForCreate != nil || second.PrepareForUpdate != nil {
		t.Error("the second version has fields for what it is told, and takes notes")
	}
}

// TestAutoscalerZeros: the stored object has no value where its note has to say 0, and keeps having none.
func TestAutoscalerZeros(t *testing.T) {
	const note = "autoscaling.alpha.kubernetes.io/current-metrics"
	for _, c := range []struct{ stored, want string }{
		{`[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":3,"currentAverageValue":"0"}}]`, `[{"resource":{"currentAverageUtilization":3,"name":"cpu"},"type":"Resource"}]`},
		{`[{"containerResource":{"currentAverageUtilization":3,"currentAverageValue":"7m"}}]`, `[{"containerResource":{"currentAverageUtilization":3,"currentAverageValue":"7m"}}]`},
		{`[{"resource":{"currentAverageValue":"0"}}]`, `[{"resource":{"currentAverageValue":"0"}}]`},
		{`no list`, `no list`},
	} {
		old := &autoscalingv1.HorizontalPodAutoscaler{}
		old.Annotations = map[string]string{note: c.stored}
		o := &autoscalingv1.HorizontalPodAutoscaler{}
		if err := hooks(t, "v1", "horizontalpodautoscalers", "").PrepareForUpdate(t.Context(), kindtest.Attempt(), o, old); err != nil || o.Annotations[note] != c.want {
			t.Errorf("%s: %s, want %s, %v", c.stored, o.Annotations[note], c.want, err)
		}
	}
}
