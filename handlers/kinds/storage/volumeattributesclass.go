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
