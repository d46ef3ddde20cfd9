package storage

import (
	"context"
	"reflect"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var attributesClasses = kind.Kind{Group: group, Resource: "volumeattributesclasses", Strategy: attributesClass}

func attributesClass(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	driver, params := kind.Compile(row, "driverName"), kind.Compile(row, "parameters")
	s.Validate = func(_ context.Context, o object.Object) field.ErrorList {
		name, ok := kind.ValueAs[string](driver.Get(o))
		m, ok2 := kind.ValueAs[map[string]string](params.Get(o))
		if !ok || !ok2 {
			return field.ErrorList{field.InternalError(nil, kind.WrongType(o))}
		}
		at := field.NewPath("parameters")
		errs := append(provisioner(name, field.NewPath("driverName")), parameters(m, at)...)
		if len(m) == 0 {
			errs = append(errs, field.Required(at, "must contain at least one key/value pair"))
		}
		return errs
	}
	s.ChangesFirst = true
	s.ValidateUpdate = func(_ context.Context, o, old object.Object) (errs field.ErrorList) {
		for _, name := range []string{"driverName", "parameters"} {
			p := kind.Compile(row, name)
			now, was := p.Get(o), p.Get(old)
			if !now.IsValid() || !was.IsValid() || !reflect.DeepEqual(now.Interface(), was.Interface()) {
				errs = append(errs, field.Forbidden(field.NewPath(name), "updates to "+name+" are forbidden."))
			}
		}
		return errs
	}
}
