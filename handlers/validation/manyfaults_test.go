package validation_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// Twice as many faults cost about twice as much to find, and what is told of them costs the same.
func TestManyFaults(t *testing.T) {
	find := func(n int) float64 {
		pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: make([]corev1.Container, n)}}
		return testing.AllocsPerRun(1, func() { kinds.FieldRules().Fields(pod) })
	}
	if few, many := find(2000), find(4000); many > 2.3*few {
		t.Errorf("2,000 faulty containers cost %.0f allocations, 4,000 cost %.0f", few, many)
	}
	refuse := func(n int) float64 {
		errs := kinds.FieldRules().Fields(&corev1.Pod{Spec: corev1.PodSpec{Containers: make([]corev1.Container, n)}})
		return testing.AllocsPerRun(1, func() { validation.Refuse(schema.GroupKind{}, "p", errs) })
	}
	if few, many := refuse(2000), refuse(4000); many > few+10 {
		t.Errorf("telling of 2,000 faulty containers costs %.0f allocations, of 4,000 %.0f", few, many)
	}
}
