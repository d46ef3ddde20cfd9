package display

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/diff"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

func podOf(variables int, value func(i int) string) corev1.PodSpec {
	c := corev1.Container{Name: "c"}
	for i := range variables {
		c.Env = append(c.Env, corev1.EnvVar{Name: fmt.Sprint("A", i), Value: value(i)})
	}
	return corev1.PodSpec{Containers: []corev1.Container{c}}
}

// Small objects get the diff of the library; large ones get the same lines while few of them differ.
func TestDiffIsTheLibrarys(t *testing.T) {
	same := func(int) string { return "" }
	for _, c := range []struct{ variables, changed int }{{0, 0}, {1, 0}, {20, 3}, {700, 699}, {2000, 1200}, {2000, 0}, {2000, 1999}} {
		a, b := podOf(c.variables, same), podOf(c.variables, func(i int) string {
			if i == c.changed {
				return "x"
			}
			return ""
		})
		if got, want := Diff(a, b), diff.Diff(shown{a}, shown{b}); got != want {
			t.Errorf("%+v:\n%s\nwant\n%s", c, got, want)
		}
	}
}

// The client decides how much of a large object changes, so the cost of the diff is bounded.
func TestDiffIsBounded(t *testing.T) {
	cost := func(n int) float64 {
		a, b := podOf(n, func(int) string { return "" }), podOf(n, func(int) string { return "x" })
		var text string
		allocations := testing.AllocsPerRun(1, func() { text = Diff(a, b) })
		if !strings.HasSuffix(text, "...\n") || strings.Count(text, "\n") > 2*mostDiffering+100 {
			t.Errorf("%d: %d lines", n, strings.Count(text, "\n"))
		}
		return allocations
	}
	if few, many := cost(2000), cost(4000); many > 2.3*few {
		t.Errorf("2,000 variables cost %.0f allocations, 4,000 cost %.0f", few, many)
	}
}
