package lookup

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// Walker goes through the objects of a namespace one by one, for whoever looks at many and keeps few. They belong to yield, which
// ends the walk by returning false.
type Walker interface {
	Walk(ctx context.Context, gvr schema.GroupVersionResource, namespace string, yield func(object.Object) bool) error
}

// Walk implements Walker: nothing is kept of what was decoded.
func (r reader) Walk(ctx context.Context, gvr schema.GroupVersionResource, namespace string, yield func(object.Object) bool) error {
	res, err := r.resource(gvr)
	if err != nil {
		return err
	}
	v, err := r.view(ctx)
	if err != nil {
		return err
	}
	var failure error
	var scratch []byte
	v.Leaves(res.Keys().Within(namespace), "", func(l cache.Leaf) bool {
		for _, e := range l.Entries {
			value, err := e.Value(scratch)
			if err == nil {
				if e.Packed() {
					scratch = value
				}
				var one object.Object
				if one, err = res.Decode(ctx, value, e.Revision); err == nil {
					if !yield(one) {
						return false
					}
					continue
				}
			}
			failure = fmt.Errorf("look up %s: %w", e.Key, err)
			return false
		}
		return true
	})
	return failure
}
