package dra

import (
	"context"
	"reflect"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	resourcev1alpha3 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1alpha3"
	resourcev1beta2 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta2"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var taintRules = kind.Kind{
	Group: group, Resource: "devicetaintrules", Strategy: taintRule,
	Defaults: map[string]func(object.Object){"v1alpha3": kind.OnDefault(deviceTaintRuleV1alpha3), "v1beta2": kind.OnDefault(deviceTaintRuleV1beta2)},
}

// taintRule notes when the effect of a taint changed.
func taintRule(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	effect, since := kind.Compile(row, "spec.taint.effect"), kind.Compile(row, "spec.taint.timeAdded")
	s.PrepareForUpdate = func(_ context.Context, a *resource.Attempt, o, old object.Object) error {
		at := since.Get(o)
		if kind.Text(effect.Get(o)) == kind.Text(effect.Get(old)) || !at.CanSet() {
			return nil
		}
		now, ok := at.Interface().(*metav1.Time)
		was, ok2 := since.Get(old).Interface().(*metav1.Time)
		if ok && ok2 && now.Equal(was) {
			t := metav1.NewTime(d.Now().Truncate(time.Second))
			at.Set(reflect.ValueOf(&t))
		}
		return nil
	}
}

func deviceTaintRuleV1beta2(r *resourcev1beta2.DeviceTaintRule) { added(&r.Spec.Taint.TimeAdded) }

func deviceTaintRuleV1alpha3(r *resourcev1alpha3.DeviceTaintRule) { added(&r.Spec.Taint.TimeAdded) }

// added is the moment a taint was first seen, in the resolution that is stored.
func added(t **metav1.Time) {
	kind.SetIfNil(t, metav1.Time{Time: time.Now().Truncate(time.Second)})
}
