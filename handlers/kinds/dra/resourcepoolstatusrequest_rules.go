package dra

import (
	"context"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/operation"
	"k8s.io/apimachinery/pkg/api/validate"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	resourcev1alpha3 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1alpha3"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const (
	mostPoolsAsked                = 1000
	mostPools, mostPoolConditions = 1000, 10
	longestPoolError              = 256
)

// poolStatusRequest has an immutable spec and a status that is set once. Upstream has declarative validation for it, so the
// wording is that of its library.
func poolStatusRequest(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateCreate = kind.Check(func(o *poolRequest) field.ErrorList {
		p := &o.Spec
		errs := caselessName(p.Driver, specPath.Child("driver"))
		errs = append(errs, validate.ResourcePoolName(bg, create, specPath.Child("poolName"), p.PoolName, nil)...)
		limit := specPath.Child("limit")
		errs = append(errs, validate.Minimum(bg, create, limit, p.Limit, nil, 1)...)
		return append(errs, validate.Maximum(bg, create, limit, p.Limit, nil, mostPoolsAsked)...)
	})
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *poolRequest) field.ErrorList {
		if equality.Semantic.DeepEqual(o.Spec, old.Spec) {
			return nil
		}
		return field.ErrorList{field.Invalid(specPath, nil, kind.Immutable)}
	})
}

func poolStatusRequestStatus(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *poolRequest) field.ErrorList {
		path := field.NewPath("status")
		var errs field.ErrorList
		if old.Status != nil {
			errs = kind.Unchanged(o.Status, old.Status, path)
		}
		if o.Status == nil || old.Status != nil && equality.Semantic.DeepEqual(o.Status, old.Status) {
			return errs
		}
		if old.Status == nil {
			errs = metavalidation.ValidateConditions(o.Status.Conditions, path.Child("conditions"))
		}
		return append(errs, poolAnswer(o.Status, path)...)
	})
}

// The library's functions take the operation; none of those used here looks at it.
var (
	bg     = context.Background()
	create = operation.Operation{Type: operation.Create}
)

func caselessName(name string, path *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return validate.LongNameCaseless(bg, create, path, &name, nil)
}

func poolAnswer(s *resourcev1alpha3.ResourcePoolStatusRequestStatus, path *field.Path) (errs field.ErrorList) {
	if s.PoolCount == nil {
		errs = append(errs, field.Required(path.Child("poolCount"), ""))
	}
	errs = append(errs, validate.Minimum(bg, create, path.Child("poolCount"), s.PoolCount, nil, 0)...)
	errs = append(errs, limited(s.Pools, mostPools, path.Child("pools"), poolState)...)
	if n := len(s.Conditions); n > mostPoolConditions {
		return append(errs, field.TooMany(path.Child("conditions"), n, mostPoolConditions))
	}
	seen := map[string]bool{}
	for i, c := range s.Conditions {
		if seen[c.Type] {
			errs = append(errs, field.Duplicate(path.Child("conditions").Index(i), display.Value(c)))
		}
		seen[c.Type] = true
	}
	return errs
}

func poolState(p *resourcev1alpha3.PoolStatus, path *field.Path) field.ErrorList {
	errs := caselessName(p.Driver, path.Child("driver"))
	if p.PoolName == "" {
		errs = append(errs, field.Required(path.Child("poolName"), ""))
	} else {
		errs = append(errs, validate.ResourcePoolName(bg, create, path.Child("poolName"), &p.PoolName, nil)...)
	}
	if p.Generation == 0 {
		errs = append(errs, field.Required(path.Child("generation"), ""))
	}
	errs = append(errs, validate.Minimum(bg, create, path.Child("generation"), &p.Generation, nil, 0)...)
	errs = append(errs, validate.Minimum(bg, create, path.Child("resourceSliceCount"), p.ResourceSliceCount, nil, 1)...)
	for _, count := range []struct {
		name string
		n    *int32
	}{
		{"totalDevices", p.TotalDevices}, {"allocatedDevices", p.AllocatedDevices}, {"availableDevices", p.AvailableDevices}, {"unavailableDevices", p.UnavailableDevices},
	} {
		errs = append(errs, validate.Minimum(bg, create, path.Child(count.name), count.n, nil, 0)...)
	}
	errs = append(errs, validate.LongName(bg, create, path.Child("nodeName"), p.NodeName, nil)...)
	return append(errs, validate.MaxBytes(bg, create, path.Child("validationError"), p.ValidationError, nil, longestPoolError)...)
}
