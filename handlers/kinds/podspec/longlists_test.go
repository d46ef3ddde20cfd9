package podspec

import (
	"slices"
	"strconv"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// Of spread constraints with one key all but the last are told.
func TestSpreadConstraints(t *testing.T) {
	list := []corev1.TopologySpreadConstraint{{TopologyKey: "a"}, {TopologyKey: "b"}, {TopologyKey: "a"}, {TopologyKey: "a", WhenUnsatisfiable: "DoNotSchedule"}, {TopologyKey: "a"}}
	var got []string
	for _, e := range spreadConstraints(list, field.NewPath("x")) {
		got = append(got, e.Field)
	}
	if want := []string{"x[0].{topologyKey, whenUnsatisfiable}", "x[2].{topologyKey, whenUnsatisfiable}"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// What a pod needs with its init containers does not depend on how the sum is made.
func TestTogether(t *testing.T) {
	always := "Always"
	of := func(name, amount string, sidecar bool) corev1.Container {
		c := corev1.Container{Resources: corev1.ResourceRequirements{Requests: map[string]resource.Quantity{name: resource.MustParse(amount)}}}
		if sidecar {
			c.RestartPolicy = &always
		}
		return c
	}
	s := &corev1.PodSpec{
		Containers:     []corev1.Container{of("cpu", "2", false), of("memory", "1", false)},
		InitContainers: []corev1.Container{of("cpu", "1", true), of("disk", "7", false), of("memory", "9", false), of("cpu", "5", false), of("cpu", "1", true), of("cpu", "3", false)},
	}
	got := Total(s, func(r *corev1.ResourceRequirements) map[string]resource.Quantity { return r.Requests })
	for name, want := range map[string]string{"cpu": "6", "memory": "9", "disk": "7"} {
		if q := got[name]; q.String() != want {
			t.Errorf("%s: %s, want %s", name, q.String(), want)
		}
	}
}

func TestSidecarsOfManyResources(t *testing.T) {
	always := "Always"
	cost := func(n int) float64 {
		s := &corev1.PodSpec{}
		for i := range n {
			s.InitContainers = append(s.InitContainers, corev1.Container{RestartPolicy: &always,
				Resources: corev1.ResourceRequirements{Requests: map[string]resource.Quantity{"a/" + strconv.Itoa(i): resource.MustParse("1")}}})
		}
		return testing.AllocsPerRun(1, func() {
			Total(s, func(r *corev1.ResourceRequirements) map[string]resource.Quantity { return r.Requests })
		})
	}
	if few, many := cost(1000), cost(2000); many > 2.3*few {
		t.Errorf("1,000 cost %.0f allocations, 2,000 cost %.0f", few, many)
	}
}
