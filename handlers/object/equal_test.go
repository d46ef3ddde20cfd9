package object_test

import (
	"math/rand"
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/randfill"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

func TestEqual(t *testing.T) {
	type part struct {
		Limits map[string]resource.Quantity
		At     *metav1.Time
		Labels map[string]string
		Args   []string
		Raw    runtime.RawExtension
		Ports  []corev1.ContainerPort
	}
	at := metav1.Unix(1, 0)
	utc := metav1.NewTime(at.UTC())
	limits := func(cpu string) map[string]resource.Quantity {
		return map[string]resource.Quantity{"cpu": resource.MustParse(cpu)}
	}
	for _, c := range []struct {
		name string
		a, b part
		want bool
	}{
		{"nothing", part{}, part{}, true},
		{"empty for nothing", part{Labels: map[string]string{}, Args: []string{}, Limits: map[string]resource.Quantity{}}, part{}, true},
		{"quantities by value", part{Limits: limits("1")}, part{Limits: limits("1000m")}, true},
		{"other quantities", part{Limits: limits("1")}, part{Limits: limits("2")}, false},
		{"times in other zones", part{At: &at}, part{At: &utc}, true},
		{"a time for none", part{At: &at}, part{}, false},
		{"other labels", part{Labels: map[string]string{"a": "1"}}, part{Labels: map[string]string{"b": "1"}}, false},
		{"an empty label for none", part{Labels: map[string]string{"a": ""}}, part{Labels: map[string]string{"b": ""}}, false},
		{"order", part{Args: []string{"a", "b"}}, part{Args: []string{"b", "a"}}, false},
		{"bytes", part{Raw: runtime.RawExtension{Raw: []byte("{}")}}, part{Raw: runtime.RawExtension{Raw: []byte("{}")}}, true},
		{"other bytes", part{Raw: runtime.RawExtension{Raw: []byte("{}")}}, part{Raw: runtime.RawExtension{Raw: []byte("[]")}}, false},
		{"an object", part{Raw: runtime.RawExtension{Object: &corev1.Pod{}}}, part{Raw: runtime.RawExtension{Object: &corev1.Pod{}}}, true},
		{"other numbers", part{Ports: []corev1.ContainerPort{{ContainerPort: 1}}}, part{Ports: []corev1.ContainerPort{{ContainerPort: 2}}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := object.Equal(&c.a, &c.b); got != c.want || got != equality.Semantic.DeepEqual(c.a, c.b) {
				t.Errorf("%v", got)
			}
		})
	}
}

// Random objects of every kind, a copy of each, and copies with one value changed.
func TestEqualAsApimachinery(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	fill := randfill.New().RandSource(random).NilChance(0.3).NumElements(0, 2).MaxDepth(10).Funcs(
		func(q *resource.Quantity, c randfill.Continue) {
			*q = *resource.NewQuantity(c.Int63n(3), resource.DecimalSI)
		},
		func(at *metav1.Time, c randfill.Continue) { at.Time = metav1.Unix(c.Int63n(3), 0).Time },
		func(at *metav1.MicroTime, c randfill.Continue) { at.Time = metav1.Unix(c.Int63n(3), 0).Time },
		func(*runtime.Object, randfill.Continue) {},
		func(raw *runtime.RawExtension, c randfill.Continue) { raw.Raw = []byte(c.String(3)) },
	)
	for gvk, empty := range resources.Kinds {
		for range 5 {
			a := empty()
			fill.Fill(a)
			b := a.DeepCopyObject()
			if !object.EqualValues(reflect.ValueOf(a), reflect.ValueOf(b)) {
				t.Fatalf("%v: a copy differs", gvk)
			}
			change(reflect.ValueOf(b).Elem(), random)
			got, want := object.EqualValues(reflect.ValueOf(a), reflect.ValueOf(b)), equality.Semantic.DeepEqual(a, b)
			if got != want {
				t.Fatalf("%v: %v, want %v\n%+v\n%+v", gvk, got, want, a, b)
			}
		}
	}
}

// change goes down into a value, at random, and empties what it comes to.
func change(v reflect.Value, random *rand.Rand) {
	switch {
	case random.Intn(6) == 0:
	case v.Kind() == reflect.Struct && v.NumField() > 0 && v.Type() != reflect.TypeFor[resource.Quantity]() && v.Type() != reflect.TypeFor[metav1.Time]() && v.Type() != reflect.TypeFor[metav1.MicroTime]():
		change(v.Field(random.Intn(v.NumField())), random)
		return
	case v.Kind() == reflect.Slice && v.Len() > 0:
		change(v.Index(random.Intn(v.Len())), random)
		return
	case v.Kind() == reflect.Pointer && !v.IsNil():
		change(v.Elem(), random)
		return
	}
	v.SetZero()
}
