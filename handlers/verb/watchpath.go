package verb

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/pipeline"
)

// watched says whether a request that is a watch is so on a path that can be one: a collection's with the parameter, or one
// with the deprecated prefix, which only what can be watched has, and in a namespace where it names an object of one.
func watched(r *pipeline.Request) bool {
	rest, deprecated := behindWatch(r.Info.Path)
	if !deprecated {
		return true
	}
	shapes := map[int]bool{1: true, 2: !r.Resource.Namespaced, 3: r.Resource.Namespaced, 4: r.Resource.Namespaced}
	return r.Resource.HasVerb("watch") && shapes[len(rest)]
}

// behindWatch is what stands behind the deprecated prefix of watches.
func behindWatch(path string) (rest []string, found bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	version := 1
	if parts[0] == "apis" {
		version = 2
	}
	if len(parts) < version+2 || parts[version+1] != "watch" {
		return nil, false
	}
	return parts[version+2:], true
}
