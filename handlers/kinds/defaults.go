package kinds

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Default is the function that sets the defaults of a kind; nil when it has none. Most defaults are generated from the model; a
// kind with hand-written ones calls the generated ones itself. Defaulting also runs on stored objects of other servers: it is
// idempotent and does not change fields that are set, except where two fields must be equal. It ignores objects of another type.
func Default(gvk schema.GroupVersionKind) func(object.Object) {
	if k := byGVK[gvk]; k != nil {
		if f := k.Defaults[gvk.Version]; f != nil {
			return f
		}
	}
	return generated(gvk)
}

// defaulter is implemented by generated types with defaults.
type defaulter interface{ SetDefaults() }

// generated is the generated method as a function; nil when the type has none.
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
