package strategy

import (
	"context"
	"reflect"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// csiDrivers have no generation until their spec changes for the first time.
func csiDrivers(d *Deps, _ resources.Row, s *resource.Strategy) {
	if d.Features.Enabled("VolumeLimitScaling") {
		s.Default = onDefault(func(o *storagev1.CSIDriver) {
			if o.Spec.PreventPodSchedulingIfMissing == nil {
				o.Spec.PreventPodSchedulingIfMissing = new(bool)
			}
		})
	}
	s.PrepareForUpdate = onUpdate(func(_ context.Context, _ *resource.Attempt, o, old *storagev1.CSIDriver) error {
		if !equality.Semantic.DeepEqual(o.Spec, old.Spec) {
			o.Generation = old.Generation + 1
		}
		return nil
	})
	s.ValidateUpdate = checkUpdate(func(o, old *storagev1.CSIDriver) field.ErrorList {
		// The path is misspelled by the original, and so known to its users.
		return unchanged(o.Spec.AttachRequired, old.Spec.AttachRequired, spec.Child("attachedRequired"))
	})
}

func csiNodes(_ *Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = checkUpdate(func(o, old *storagev1.CSINode) (errs field.ErrorList) {
		// Names are unique; of one that repeats the last counts.
		byName := make(map[string]storagev1.CSINodeDriver, len(o.Spec.Drivers))
		for _, now := range o.Spec.Drivers {
			byName[now.Name] = now
		}
		for _, was := range old.Spec.Drivers {
			if now, kept := byName[was.Name]; kept {
				now.Allocatable, was.Allocatable = nil, nil
				errs = append(errs, unchanged(&now, &was, spec.Child("drivers"))...)
			}
		}
		return errs
	})
}

func attributesClasses(_ *Deps, row resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = func(_ context.Context, o, old object.Object) (errs field.ErrorList) {
		for _, name := range []string{"driverName", "parameters"} {
			p := compile(row, name)
			now, was := p.Get(o), p.Get(old)
			if !now.IsValid() || !was.IsValid() || !reflect.DeepEqual(now.Interface(), was.Interface()) {
				errs = append(errs, field.Forbidden(field.NewPath(name), "updates to "+name+" are forbidden."))
			}
		}
		return errs
	}
}

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
