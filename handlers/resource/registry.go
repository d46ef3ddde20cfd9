package resource

import (
	"sync"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Registry finds resources. Lookups never wait: they read an immutable table that changes replace whole, so custom
// resources can come and go while requests are served.
type Registry struct {
	table atomic.Pointer[table]
	// mu is held by whoever replaces the table.
	mu sync.Mutex
}

type table struct {
	byGVR  map[schema.GroupVersionResource]*Resource
	groups map[string]bool
	// order is that of discovery.
	order []*Resource
}

// NewRegistry has the given resources (parents only; their subresources come with them) in the order of discovery.
func NewRegistry(rs []*Resource) *Registry {
	r := &Registry{}
	r.Replace(rs)
	return r
}

// Replace makes rs the whole content.
func (r *Registry) Replace(rs []*Resource) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := &table{byGVR: make(map[schema.GroupVersionResource]*Resource, len(rs)), groups: map[string]bool{}, order: rs}
	for _, x := range rs {
		t.groups[x.Group] = true
		t.byGVR[x.GVR()] = x
	}
	r.table.Store(t)
}

// Get finds a resource in a version; nil when it is not served.
func (r *Registry) Get(gvr schema.GroupVersionResource) *Resource { return r.table.Load().byGVR[gvr] }

// Subresource finds a resource or, with a subresource's name, that; nil when it is not served.
func (r *Registry) Subresource(gvr schema.GroupVersionResource, subresource string) *Resource {
	found := r.Get(gvr)
	if found == nil || subresource == "" {
		return found
	}
	return found.Subresources[subresource]
}

// HasGroup says whether any version of the group is served.
func (r *Registry) HasGroup(group string) bool { return r.table.Load().groups[group] }

// All are the resources served now, in the order of discovery. The slice must not be changed.
func (r *Registry) All() []*Resource { return r.table.Load().order }
