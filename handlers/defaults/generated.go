package defaults

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// generatedFor defaults a kind with nothing but the generated method; nil when its type has none.
func generatedFor(gvk schema.GroupVersionKind) func(object.Object) {
	newKind := resources.Kinds[gvk]
	if newKind == nil {
		return nil
	}
	if _, ok := newKind().(defaulter); !ok {
		return nil
	}
	return func(o object.Object) {
		if d, ok := o.(defaulter); ok {
			d.SetDefaults()
		}
	}
}
