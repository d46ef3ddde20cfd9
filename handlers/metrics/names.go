package metrics

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// resourceOf is the resource that a key, or the prefix of a collection's, is counted under; false for what is no object.
func resourceOf(key string) (schema.GroupResource, bool) {
	of, _, known := resource.OfKey(key)
	return of, known
}
