package kinds

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/structural"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// versions is a pair of versions of a kind: from, to.
type versions struct{ from, to schema.GroupVersionKind }

// written are the hand-written conversions.
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

// Convert returns the converter from one version of a kind to another; false when there is none. Versions that differ in Go types
// only are converted structurally, which is checked here; other conversions are hand-written. Every call makes a new converter,
// which the caller keeps. It does not change its argument and shares no memory with it.
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

// Unserved makes empty objects of a version that is stored but not served; nil for all others. Such objects are encoded as JSON
// only.
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
