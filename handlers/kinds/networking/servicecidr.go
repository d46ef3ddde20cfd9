package networking

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var serviceCIDRs = kind.Kind{Group: group, Resource: "servicecidrs", Strategy: serviceCIDR}

// serviceCIDR allows one change: a range of the other family may be added.
func serviceCIDR(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	p := kind.Compile(row, "spec.cidrs")
	s.ValidateCreate = func(_ context.Context, o object.Object) field.ErrorList {
		list, ok := kind.ValueAs[[]string](p.Get(o))
		if !ok {
			return field.ErrorList{field.InternalError(spec, kind.WrongType(o))}
		}
		return ranges(list, spec.Child("cidrs"))
	}
	s.ValidateUpdate = func(_ context.Context, o, old object.Object) (errs field.ErrorList) {
		now, ok := kind.ValueAs[[]string](p.Get(o))
		was, ok2 := kind.ValueAs[[]string](p.Get(old))
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
		if len(now) != len(was) {
			errs = append(errs, ranges(now, path)...)
		}
		return errs
	}
}

// ranges requires one CIDR, or one of each family.
func ranges(list []string, path *field.Path) (errs field.ErrorList) {
	switch {
	case len(list) == 0:
		return field.ErrorList{field.Required(path, "at least one CIDR required")}
	case len(list) > 2:
		return field.ErrorList{field.Invalid(path, map[string]any{"CIDRs": list}, "may only hold up to 2 values")}
	}
	for i, r := range list {
		errs = append(errs, validation.IsValidCIDR(path.Index(i), r)...)
	}
	if len(list) == 2 {
		family := netutils.IPFamilyOfCIDRString(list[0])
		if family == netutils.IPFamilyOfCIDRString(list[1]) && family != netutils.IPFamilyUnknown {
			errs = append(errs, field.Invalid(path, list, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"))
		}
	}
	return errs
}
