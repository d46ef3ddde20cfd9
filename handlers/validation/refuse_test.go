package validation

import (
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

func TestRefuse(t *testing.T) {
	many := func(n, size int) (errs field.ErrorList) {
		for i := range n {
			errs = append(errs, field.Invalid(field.NewPath("spec").Index(i), strings.Repeat("x", size), "bad"))
		}
		return errs
	}
	for name, c := range map[string]struct {
		errs   field.ErrorList
		causes int
		end    string
	}{
		"one":                        {many(1, 1), 1, `Invalid value: "x": bad`},
		"all that are told":          {many(1000, 1), 1000, `bad]`},
		"one more":                   {many(1001, 1), 1000, `bad] and more`},
		"a hundred thousand":         {many(100000, 1), 1000, `bad] and more`},
		"one that is very long":      {many(1, 1<<20), 1, `bad`},
		"several that are very long": {many(50, 1<<20), 1, `bad and more`},
		"many that are long":         {many(1000, 1000), 255, `bad] and more`},
	} {
		t.Run(name, func(t *testing.T) {
			var err *apierrors.StatusError
			if !errors.As(Refuse(schema.GroupKind{Kind: "Pod"}, "p", c.errs), &err) {
				t.Fatal("not a status")
			}
			s := err.Status()
			if s.Code != 422 || len(s.Details.Causes) != c.causes || !strings.HasSuffix(s.Message, c.end) {
				t.Errorf("%d with %d causes, want %d; ends with %q", s.Code, len(s.Details.Causes), c.causes, s.Message[max(0, len(s.Message)-40):])
			}
		})
	}
}

// Twice as many faults cost about twice as much to find, and what is told of them costs the same.
func TestManyFaults(t *testing.T) {
	find := func(n int) float64 {
		pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: make([]corev1.Container, n)}}
		return testing.AllocsPerRun(1, func() { Fields(pod) })
	}
	if few, many := find(2000), find(4000); many > 2.3*few {
		t.Errorf("2,000 faulty containers cost %.0f allocations, 4,000 cost %.0f", few, many)
	}
	refuse := func(n int) float64 {
		errs := Fields(&corev1.Pod{Spec: corev1.PodSpec{Containers: make([]corev1.Container, n)}})
		return testing.AllocsPerRun(1, func() { Refuse(schema.GroupKind{}, "p", errs) })
	}
	if few, many := refuse(2000), refuse(4000); many > few+10 {
		t.Errorf("telling of 2,000 faulty containers costs %.0f allocations, of 4,000 %.0f", few, many)
	}
}
