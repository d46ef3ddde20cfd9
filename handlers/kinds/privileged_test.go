package kinds

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// fill makes every pod specification inside a value one with a privileged container, and says how many there are.
func fill(v reflect.Value, seen map[reflect.Type]bool) (found int) {
	if v.Type() == reflect.TypeFor[corev1.PodSpec]() {
		yes := true
		c := corev1.Container{Name: "c", Image: "i", SecurityContext: &corev1.SecurityContext{Privileged: &yes}}
		v.Set(reflect.ValueOf(corev1.PodSpec{Containers: []corev1.Container{c}, InitContainers: []corev1.Container{c}}))
		return 1
	}
	if seen[v.Type()] {
		return 0
	}
	seen[v.Type()] = true
	defer delete(seen, v.Type())
	switch v.Kind() {
	case reflect.Pointer:
		inner := reflect.New(v.Type().Elem())
		if found = fill(inner.Elem(), seen); found > 0 {
			v.Set(inner)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				found += fill(v.Field(i), seen)
			}
		}
	}
	return found
}

// Without the right to privileged containers no resource takes one, whichever way pods are made from it.
func TestPrivileged(t *testing.T) {
	held, free := Strategies(kind.Deps{}), Strategies(kind.Deps{AllowPrivileged: true})
	tried := 0
	for _, row := range resources.Rows {
		gvk := schema.GroupVersionKind{Group: row.KindGroup, Version: row.KindVersion, Kind: row.Kind}
		make := resources.Kinds[gvk]
		if row.Subresource != "" || make == nil {
			continue
		}
		o, ok := make().(object.Object)
		if !ok || fill(reflect.ValueOf(o).Elem(), map[reflect.Type]bool{}) == 0 {
			continue
		}
		tried++
		faults := func(validate bool) (fields []string) {
			st := free(row)
			if validate {
				st = held(row)
			}
			for _, e := range st.Check(t.Context(), o, nil) {
				if e.Detail == "disallowed by cluster policy" {
					fields = append(fields, e.Field)
				}
			}
			return fields
		}
		for _, list := range []string{"containers", "initContainers"} {
			at := "." + list + "[0].securityContext.privileged"
			n := 0
			for _, f := range faults(true) {
				if strings.HasSuffix(f, at) {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%v: %s is refused %d times", gvk, at, n)
			}
		}
		if f := faults(false); len(f) > 0 {
			t.Errorf("%v: refused although it is allowed: %v", gvk, f)
		}
	}
	if tried != 9 {
		t.Errorf("%d kinds that have pods were tried", tried)
	}
	row := resources.Rows[slices.IndexFunc(resources.Rows, func(r resources.Row) bool { return r.Resource == "pods" && r.Subresource == "ephemeralcontainers" })]
	yes := true
	pod := &corev1.Pod{}
	pod.Spec.EphemeralContainers = []corev1.EphemeralContainer{{}}
	pod.Spec.EphemeralContainers[0].SecurityContext = &corev1.SecurityContext{Privileged: &yes}
	found := false
	for _, e := range held(row).Check(t.Context(), pod, nil) {
		found = found || e.Field == "spec.ephemeralContainers[0].securityContext.privileged"
	}
	if !found {
		t.Error("a privileged ephemeral container is taken")
	}
}
