package handlers

import (
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/metrics"
)

// stored is how many objects there are of each stored resource, which the cache knows without counting. Versions and groups
// that keep their objects at the same place are one; nothing is known while the cache is loading.
func (s *Server) stored() []metrics.Stored {
	view, loaded := s.options.Store.Latest()
	if !loaded {
		return nil
	}
	var out []metrics.Stored
	seen := map[string]bool{}
	for _, r := range s.registry.All() {
		if r.Codec == nil || r.Parent != nil || r.Strategy.Virtual != nil || seen[r.Prefix()] {
			continue
		}
		seen[r.Prefix()] = true
		out = append(out, metrics.Stored{
			GroupResource: schema.GroupResource{Group: r.Group, Resource: r.Resource},
			Objects:       view.Count(r.Prefix(), ""), Revision: view.Revision,
		})
	}
	return out
}
