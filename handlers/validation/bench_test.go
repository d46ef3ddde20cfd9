package validation_test

import (
	"os"
	"testing"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
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
	if errs := kinds.FieldRules().Fields(realisticPod(t)); len(errs) > 0 {
		t.Error(errs.ToAggregate())
	}
}

func BenchmarkFieldsOfPod(b *testing.B) {
	o := realisticPod(b)
	b.ReportAllocs()
	for b.Loop() {
		if errs := kinds.FieldRules().Fields(o); len(errs) > 0 {
			b.Fatal(errs.ToAggregate())
		}
	}
}

// What the walk and the checks of our own are worth: each beside the library that it spares, and that has the last word
// where they do not say yes. Both walks go by the same tags and the same table of rules.

func BenchmarkGoodPod(b *testing.B) {
	o := realisticPod(b)
	for name, walk := range map[string]func(any) bool{"own": kinds.FieldRules().IsGood, "library": kinds.FieldRules().LibraryGood} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !walk(o) {
					b.Fatal("the pod is not good")
				}
			}
		})
	}
}

func BenchmarkGoodMetadata(b *testing.B) {
	o := realisticPod(b)
	path := field.NewPath("metadata")
	for name, find := range map[string]func() field.ErrorList{
		"own": func() field.ErrorList { return validation.ObjectMeta(o, true, nil, path) },
		"library": func() field.ErrorList {
			return apivalidation.ValidateObjectMetaAccessor(o, true, apivalidation.NameIsDNSSubdomain, path)
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if errs := find(); len(errs) > 0 {
					b.Fatal(errs)
				}
			}
		})
	}
}

func BenchmarkGoodLabels(b *testing.B) {
	labels := map[string]string{"app.kubernetes.io/name": "checkout", "pod-template-hash": "7c5ddbdf54", "team": "payments"}
	selector := &metav1.LabelSelector{MatchLabels: labels}
	service := &corev1.Service{Spec: corev1.ServiceSpec{Selector: labels, SessionAffinity: "None", Type: "ClusterIP"}}
	b.Run("own", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !kinds.FieldRules().IsGood(service) {
				b.Fatal("the service is not good")
			}
		}
	})
	b.Run("library", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if errs := metavalidation.ValidateLabelSelector(selector, metavalidation.LabelSelectorValidationOptions{}, nil); len(errs) > 0 {
				b.Fatal(errs)
			}
		}
	})
}
