package kinds

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	gates "github.com/gatehouse-dev/gatehouse/gen/features"
	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/features"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// gated are objects that have properties behind feature gates.
type gated interface {
	FeaturesInUse() gates.Set
	DropFeatures(off gates.Set)
}

// DropDisabled is the function that clears the fields of disabled features; nil when a row has none. It runs before anything
// else looks at an object: a dropped field is no change and has no faults. Features that the old object uses (nil for a
// create) are kept, so that a server with fewer features does not remove what another one has stored.
func DropDisabled(f *features.Features, row resources.Row) func(o, old object.Object) {
	empty := resources.Kinds[schema.GroupVersionKind{Group: row.KindGroup, Version: row.KindVersion, Kind: row.Kind}]
	off := f.Off()
	if empty == nil || off == 0 {
		return nil
	}
	if _, ok := empty().(gated); !ok {
		return nil
	}
	return func(o, old object.Object) {
		g, ok := o.(gated)
		if !ok {
			return
		}
		used, known := old.(gated)
		switch {
		case old == nil:
			g.DropFeatures(off)
		case known:
			g.DropFeatures(off &^ used.FeaturesInUse())
		}
	}
}
