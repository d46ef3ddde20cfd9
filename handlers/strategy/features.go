package strategy

import (
	"context"

	"k8s.io/apimachinery/pkg/runtime/schema"

	gates "github.com/gatehouse-dev/gatehouse/gen/features"
	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// gated are objects of which feature gates switch properties.
type gated interface {
	FeaturesInUse() gates.Set
	DropFeatures(off gates.Set)
}

// dropFeatures clears what belongs to features that are off, before anything else looks at the object: what is dropped is no
// change, and has no faults. An object that has something of a feature keeps it, so that a server with fewer features does
// not take away what another one stored.
func dropFeatures(d *Deps, row resources.Row, s *resource.Strategy) {
	empty := resources.Kinds[schema.GroupVersionKind{Group: row.KindGroup, Version: row.KindVersion, Kind: row.Kind}]
	off := d.Features.Off()
	if empty == nil || off == 0 {
		return
	}
	if _, ok := empty().(gated); !ok {
		return
	}
	create, update := s.PrepareForCreate, s.PrepareForUpdate
	s.PrepareForCreate = func(ctx context.Context, a *resource.Attempt, o object.Object) error {
		if g, ok := o.(gated); ok {
			g.DropFeatures(off)
		}
		if create != nil {
			return create(ctx, a, o)
		}
		return nil
	}
	s.PrepareForUpdate = func(ctx context.Context, a *resource.Attempt, o, old object.Object) error {
		g, ok := o.(gated)
		used, known := old.(gated)
		if ok && known {
			g.DropFeatures(off &^ used.FeaturesInUse())
		}
		if update != nil {
			return update(ctx, a, o, old)
		}
		return nil
	}
}
