package kinds

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/structural"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// versions is from one version of a kind to another.
type versions struct{ from, to schema.GroupVersionKind }

// written are the conversions by hand.
var written = conversions()

func conversions() map[versions]resource.Converter {
	out := map[versions]resource.Converter{}
	for _, group := range groups {
		for _, k := range group {
			for _, c := range k.Conversions {
				out[versions{c.From, c.To}] = c.Convert
			}
		}
	}
	return out
}

// Convert is the converter from one version of a kind to another; false when there is none. Kinds whose versions differ only
// in Go types are converted by structure, which is checked here; the others are written out. It is made anew by every call
// and is meant to be kept. The converter leaves its argument alone and shares no memory with it.
func Convert(from, to schema.GroupVersionKind) (resource.Converter, bool) {
	if from == to {
		return func(in object.Object) (object.Object, error) { return object.Copy(in), nil }, true
	}
	if c := written[versions{from, to}]; c != nil {
		return c, true
	}
	if from.Group != to.Group || from.Kind != to.Kind {
		return nil, false
	}
	var moved structural.Special
	if k := byGVK[from]; k != nil {
		moved = k.MovedFields
	}
	c, err := structural.Converter(from, to, moved)
	return c, err == nil
}

// Unserved makes empty objects of a version that lies in the store and is not served; nil for all others. Its converters are
// those of Convert. Such objects can be written as JSON only.
func Unserved(gvk schema.GroupVersionKind) func() object.Object {
	for _, group := range groups {
		for _, k := range group {
			if make := k.Unserved[gvk]; make != nil {
				return make
			}
		}
	}
	return nil
}
