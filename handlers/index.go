package handlers

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/gatehouse-dev/gatehouse/handlers/health"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// index is the page / and, as in upstream, /index.html: it lists the other pages, the group-versions and the health
// checks, for people and programs that look around.
type index struct {
	pages    []string
	registry *resource.Registry
	checks   *health.Registry
}

// ServeHTTP lists what there is at this moment: group-versions and checks come and go.
func (i index) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	paths := slices.Concat(i.pages, i.checks.Paths())
	for _, r := range i.registry.All() {
		if r.Group == "" {
			paths = append(paths, "/api/"+r.Version)
		} else {
			paths = append(paths, "/apis/"+r.Group, "/apis/"+r.Group+"/"+r.Version)
		}
	}
	slices.Sort(paths)
	b, err := json.MarshalIndent(map[string][]string{"paths": slices.Compact(paths)}, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b) // the client may have gone
}
