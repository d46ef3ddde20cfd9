package handlers

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/metrics"
	"github.com/gatehouse-dev/gatehouse/handlers/storage/cache"
)

// stored is how many objects there are of each stored resource, which the cache knows without counting. Versions and groups
// that keep their objects at the same place are one; nothing is known while the cache is loading.
func (s *Server) stored() []metrics.Stored {
	view, loaded := s.options.Store.Latest()
	if !loaded {
		return nil
	}
	stats := s.options.Store.Stats()
	var out []metrics.Stored
	seen := map[string]bool{}
	for _, r := range s.registry.All() {
		if r.Codec == nil || r.Parent != nil || r.Strategy.Virtual != nil || seen[r.Prefix()] {
			continue
		}
		seen[r.Prefix()] = true
		objects := view.Count(r.Prefix(), "")
		out = append(out, metrics.Stored{
			GroupResource: schema.GroupResource{Group: r.Group, Resource: r.Resource},
			Objects:       objects, Bytes: share(stats.Collections[cache.Collection(r.Prefix())], objects),
			Revision: view.Revision, Loads: stats.Loads,
		})
	}
	return out
}

// share is what some of the objects of a collection take. Most collections are of one resource, and then it is all of it.
func share(of cache.Weight, objects int) int64 {
	if of.Objects == 0 {
		return 0
	}
	return of.Stored * int64(objects) / int64(of.Objects)
}
