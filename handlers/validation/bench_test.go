package validation_test

import (
	"os"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// realisticPod is a pod as clusters have them: sidecars, probes, volumes, twenty variables, defaults filled in.
func realisticPod(t testing.TB) object.Object {
	b, err := os.ReadFile("testdata/pod.json")
	if err != nil {
		t.Fatal(err)
	}
	o, gvk := decode(t, b)
	kinds.Default(gvk)(o)
	return o
}

func TestRealisticPodIsValid(t *testing.T) {
	if errs := validation.Fields(realisticPod(t)); len(errs) > 0 {
		t.Error(errs.ToAggregate())
	}
}

func BenchmarkFieldsOfPod(b *testing.B) {
	o := realisticPod(b)
	b.ReportAllocs()
	for b.Loop() {
		if errs := validation.Fields(o); len(errs) > 0 {
			b.Fatal(errs.ToAggregate())
		}
	}
}
