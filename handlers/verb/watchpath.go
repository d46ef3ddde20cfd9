package verb

import "github.com/gatehouse-dev/gatehouse/handlers/pipeline"

// watched says whether a request that is a watch is so on a path that can be one: a collection's with the parameter, or one
// with the deprecated prefix, which only what can be watched has, and in a namespace where it names an object of one.
func watched(r *pipeline.Request) bool {
	namespaced := r.Resource.Namespaced
	switch r.Info.Watched {
	case 0:
		return true
	case 1: // pods
		return r.Resource.HasVerb("watch")
	case 2: // nodes/a
		return r.Resource.HasVerb("watch") && !namespaced
	case 3, 4: // namespaces/a/pods, namespaces/a/pods/b
		return r.Resource.HasVerb("watch") && namespaced
	}
	return false
}
