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
	of, _, known := collectionOf(key)
	return of, known
}

// collectionOf is resourceOf with what all keys of the resource begin with.
func collectionOf(key string) (of schema.GroupResource, prefix string, known bool) {
	bare := strings.TrimPrefix(key, "/")
	first, rest, _ := strings.Cut(bare, "/")
	second, _, _ := strings.Cut(rest, "/")
	length := len(first) + len("/")
	if of, known = builtIn()[bare[:min(length+len(second), len(bare))]]; known {
		length += len(second) + len("/")
	} else if of, known = builtIn()[first]; !known && strings.Contains(first, ".") && second != "" {
		of, known = schema.GroupResource{Group: first, Resource: second}, true
		length += len(second) + len("/")
	}
	return of, key[:min(len(key)-len(bare)+length, len(key))], known
}
