package kinds

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Default is the function that fills what a writer left out of objects of a kind; nil when the kind has no defaults. Most
// defaults stand in the model and are generated; a kind that has others calls the generated ones itself. Defaulting also
// runs on stored objects that another server may have written: it is idempotent and changes nothing that is set, except
// where two fields say the same and must agree. The function ignores objects of another type.
func Default(gvk schema.GroupVersionKind) func(object.Object) {
	if k := byGVK[gvk]; k != nil {
		if f := k.Defaults[gvk.Version]; f != nil {
			return f
		}
	}
	return generated(gvk)
}

// defaulter is what generated types with defaults have.
type defaulter interface{ SetDefaults() }

// generated defaults a kind with nothing but the generated method; nil when its type has none.
func generated(gvk schema.GroupVersionKind) func(object.Object) {
	empty := resources.Kinds[gvk]
	if empty == nil {
		return nil
	}
	if _, ok := empty().(defaulter); !ok {
		return nil
	}
	return func(o object.Object) {
		if d, ok := o.(defaulter); ok {
			d.SetDefaults()
		}
	}
}
