package dra

import (
	"context"
	"reflect"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	resourcev1alpha3 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1alpha3"
	resourcev1beta2 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta2"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var taintRules = kind.Kind{
	Group: group, Resource: "devicetaintrules", Strategy: taintRule, Subresources: map[string]kind.Strategy{"status": taintRuleStatus},
	Defaults: map[string]func(object.Object){"v1alpha3": kind.OnDefault(deviceTaintRuleV1alpha3), "v1beta2": kind.OnDefault(deviceTaintRuleV1beta2)},
}

// taintRule updates timeAdded when the effect of a taint changes.
func taintRule(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	effect, since := kind.Compile(row, "spec.taint.effect"), kind.Compile(row, "spec.taint.timeAdded")
	s.PrepareForUpdate = func(_ context.Context, a *resource.Attempt, o, old object.Object) error {
		at := since.Get(o)
		if kind.Text(effect.Get(o)) == kind.Text(effect.Get(old)) || !at.CanSet() {
			return nil
		}
		now, ok := kind.ValueAs[*metav1.Time](at)
		was, ok2 := kind.ValueAs[*metav1.Time](since.Get(old))
		if ok && ok2 && now.Equal(was) {
			t := metav1.NewTime(d.Now().Truncate(time.Second))
			at.Set(reflect.ValueOf(&t))
		}
		return nil
	}
	v := kind.Version[deviceTaintRule](row, "v1beta2", nil)
	s.ValidateCreate = v.Check(func(o deviceTaintRule) field.ErrorList { return validateTaintRule(o, nil) })
	s.ValidateUpdate = v.CheckUpdate(validateTaintRule)
}

type deviceTaintRule = *resourcev1beta2.DeviceTaintRule

func validateTaintRule(o, old deviceTaintRule) (errs field.ErrorList) {
	path := specPath.Child("deviceSelector")
	if f := o.Spec.DeviceSelector; f != nil {
		errs = append(errs, kind.Optional(path.Child("driver"), f.Driver, kind.DriverTitle)...)
		if f.Pool != nil {
			errs = append(errs, poolName(*f.Pool, path.Child("pool"))...)
		}
		errs = append(errs, kind.Optional(path.Child("device"), f.Device, kind.DNSLabel)...)
	}
	var was *string
	if old != nil {
		was = &old.Spec.Taint.Effect
	}
	t := &o.Spec.Taint
	return append(errs, taint(t.Key, t.Value, t.Effect, was, specPath.Child("taint"))...)
}

// taintRuleStatus validates the conditions.
func taintRuleStatus(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.Version[deviceTaintRule](row, "v1beta2", nil).CheckUpdate(func(o, _ deviceTaintRule) field.ErrorList {
		path := field.NewPath("status", "conditions")
		errs := metavalidation.ValidateConditions(o.Status.Conditions, path)
		if n := len(o.Status.Conditions); n > mostConditions {
			errs = append(errs, field.TooMany(path, n, mostConditions))
		}
		return errs
	})
}

func deviceTaintRuleV1beta2(r *resourcev1beta2.DeviceTaintRule) { added(&r.Spec.Taint.TimeAdded) }

func deviceTaintRuleV1alpha3(r *resourcev1alpha3.DeviceTaintRule) { added(&r.Spec.Taint.TimeAdded) }

// added sets the time of a new taint in the stored resolution.
func added(t **metav1.Time) {
	kind.SetIfNil(t, metav1.Time{Time: time.Now().Truncate(time.Second)})
}
