package metrics

import (
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

// builtIn are the built-in resources by the place of their keys.
var builtIn = sync.OnceValue(func() map[string]schema.GroupResource {
	out := map[string]schema.GroupResource{}
	for _, row := range resources.Rows {
		if row.Subresource != "" || row.Storage == "" {
			continue
		}
		key := row.Key
		if key == "" {
			key = row.Resource
		}
		gr := schema.GroupResource{Group: row.Group, Resource: row.Resource}
		// A resource that has moved counts where it is stored from.
		if group, _, found := strings.Cut(row.Storage, "/"); found && group != row.Group {
			if _, taken := out[key]; taken {
				continue
			}
			gr.Group = group
		}
		out[key] = gr
	}
	return out
})

// resourceOf is what a key, or the prefix of a collection's, belongs to. Custom resources lie under their group. False for
// what is no object: allocators, probes, the whole key space.
func resourceOf(key string) (schema.GroupResource, bool) {
	first, rest, _ := strings.Cut(strings.TrimPrefix(key, "/"), "/")
	second, _, _ := strings.Cut(rest, "/")
	if gr, found := builtIn()[first+"/"+second]; found {
		return gr, true
	}
	if gr, found := builtIn()[first]; found {
		return gr, true
	}
	if strings.Contains(first, ".") && second != "" {
		return schema.GroupResource{Group: first, Resource: second}, true
	}
	return schema.GroupResource{}, false
}
