package strategy

import (
	"context"
	"reflect"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// taintRules note when the effect of a taint changed.
func taintRules(d *Deps, row resources.Row, s *resource.Strategy) {
	effect, added := compile(row, "spec.taint.effect"), compile(row, "spec.taint.timeAdded")
	s.PrepareForUpdate = func(_ context.Context, a *resource.Attempt, o, old object.Object) error {
		at := added.Get(o)
		if text(effect.Get(o)) == text(effect.Get(old)) || !at.CanSet() {
			return nil
		}
		now, ok := at.Interface().(*metav1.Time)
		was, ok2 := added.Get(old).Interface().(*metav1.Time)
		if ok && ok2 && now.Equal(was) {
			t := metav1.NewTime(d.Now().Truncate(time.Second))
			at.Set(reflect.ValueOf(&t))
		}
		return nil
	}
}
