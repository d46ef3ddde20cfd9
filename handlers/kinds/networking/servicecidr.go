package networking

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var serviceCIDRs = kind.Kind{Group: group, Resource: "servicecidrs", Strategy: serviceCIDR}

// serviceCIDR: ranges may only grow by one of the other family.
func serviceCIDR(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	p := kind.Compile(row, "spec.cidrs")
	s.ValidateUpdate = func(_ context.Context, o, old object.Object) (errs field.ErrorList) {
		now, ok := p.Get(o).Interface().([]string)
		was, ok2 := p.Get(old).Interface().([]string)
		path := spec.Child("cidrs")
		switch {
		case !ok || !ok2:
			return field.ErrorList{field.InternalError(path, kind.WrongType(o))}
		case len(now) != len(was) && !(len(was) == 1 && len(now) == 2):
			return field.ErrorList{field.Invalid(path, now, kind.Immutable)}
		}
		for i := range was {
			if now[i] != was[i] {
				errs = append(errs, field.Invalid(path.Index(i), now[i], kind.Immutable))
			}
		}
		return errs
	}
}
