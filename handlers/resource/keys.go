package resource

import (
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// NodePorts is the key of the allocation of node ports.
var NodePorts = storage.NewCollection("ranges", false).Key("", "servicenodeports")

// MasterLeases is where servers say that they run, by their addresses: objects that are not served and vanish by themselves.
var MasterLeases = storage.NewCollection("masterleases", false)

// Keys is where the objects of a row lie.
func Keys(row *resources.Row) storage.Collection {
	return storage.NewCollection(pathOf(row), row.Namespaced)
}

func pathOf(row *resources.Row) string {
	if row.Key != "" {
		return row.Key
	}
	return row.Resource
}

// KeysOf is where the objects of a built-in resource lie. Another resource is taken for one with namespaces that is defined
// by an object: such lie under their group.
func KeysOf(group, name string) storage.Collection {
	if keys, known := byName()[schema.GroupResource{Group: group, Resource: name}]; known {
		return keys
	}
	return storage.NewCollection(group+"/"+name, true)
}

// byName are the collections of the built-in resources.
var byName = sync.OnceValue(func() map[schema.GroupResource]storage.Collection {
	out := map[schema.GroupResource]storage.Collection{}
	for i := range resources.Rows {
		if row := &resources.Rows[i]; row.Subresource == "" && row.Storage != "" {
			out[schema.GroupResource{Group: row.Group, Resource: row.Resource}] = Keys(row)
		}
	}
	return out
})

// byPath are the built-in resources by the path of their keys.
var byPath = sync.OnceValue(func() map[string]schema.GroupResource {
	out := map[string]schema.GroupResource{}
	for i := range resources.Rows {
		row := &resources.Rows[i]
		if row.Subresource != "" || row.Storage == "" {
			continue
		}
		gr := schema.GroupResource{Group: row.Group, Resource: row.Resource}
		// A resource that has moved counts where it is stored from.
		if group, _, found := strings.Cut(row.Storage, "/"); found && group != row.Group {
			if _, taken := out[pathOf(row)]; taken {
				continue
			}
			gr.Group = group
		}
		out[pathOf(row)] = gr
	}
	return out
})

// OfKey is the resource that a key, or the prefix of a collection's, belongs to, and what all keys of that begin with. Custom
// resources lie under their group. False for what is no object: allocators, probes, the whole key space.
func OfKey(key string) (of schema.GroupResource, prefix string, known bool) {
	bare := strings.TrimPrefix(key, "/")
	first, rest, _ := strings.Cut(bare, "/")
	second, _, _ := strings.Cut(rest, "/")
	length := len(first) + len("/")
	if of, known = byPath()[bare[:min(length+len(second), len(bare))]]; known {
		length += len(second) + len("/")
	} else if of, known = byPath()[first]; !known && strings.Contains(first, ".") && second != "" {
		of, known = schema.GroupResource{Group: first, Resource: second}, true
		length += len(second) + len("/")
	}
	return of, key[:min(len(key)-len(bare)+length, len(key))], known
}
