package resource

import (
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Source is where resources come from. Of several that name the same group-version the first one counts.
type Source int

const (
	// BuiltIn has the resources of the model.
	BuiltIn Source = iota
	// Aggregated has the group-versions of other servers, one part for each.
	Aggregated
	// Definitions has custom resources, one part for each definition.
	Definitions

	sources
)

// Part is what comes and goes at once: all resources of the model, or those of one definition in all its versions, or a
// group-version of another server.
type Part struct {
	// Resources are parents only; their subresources come with them.
	Resources []*Resource
	Elsewhere []*Elsewhere
}

// Registry finds what serves a request. Lookups never wait: they read an immutable table, so resources can come and go
// while requests are served. A change costs what its part has; the number of other parts does not count.
type Registry struct {
	table atomic.Pointer[table]

	// mu guards changes of the table. Below it is what tables are made of.
	mu       sync.Mutex
	parts    [sources]map[string]*Part
	versions [sources]map[schema.GroupVersion]*Version
	observe  []func(gone *Resource)
}

// table is immutable but for the two lists, which are made when they are first asked for.
type table struct {
	// builtIn finds most resources in one step.
	builtIn map[schema.GroupVersionResource]*Resource
	groups  sorted[*Group]
	ordered func() []*Group
	all     func() []*Resource
}

// NewRegistry has the given built-in resources.
func NewRegistry(rs []*Resource) *Registry {
	r := &Registry{}
	for s := range sources {
		r.parts[s] = map[string]*Part{}
		r.versions[s] = map[schema.GroupVersion]*Version{}
	}
	r.publish(nil, sorted[*Group]{})
	r.Replace(rs)
	return r
}

// Replace makes rs all that is built in.
func (r *Registry) Replace(rs []*Resource) { r.Set(BuiltIn, "", &Part{Resources: rs}) }

// Set makes part what the source has under the name, in one step for lookups; nil removes it.
func (r *Registry) Set(s Source, name string, part *Part) { r.SetMany(s, map[string]*Part{name: part}) }

// SetMany is Set for many parts in one step.
func (r *Registry) SetMany(s Source, parts map[string]*Part) {
	r.mu.Lock()
	defer r.mu.Unlock()
	changed := map[schema.GroupVersion]bool{}
	var gone []*Resource
	for name, part := range parts {
		if old := r.parts[s][name]; old != nil {
			gone = append(gone, r.remove(s, old, changed)...)
		}
		if part == nil {
			delete(r.parts[s], name)
			continue
		}
		r.parts[s][name] = part
	}
	for _, part := range parts {
		if part != nil {
			r.add(s, part, changed)
		}
	}
	t := r.table.Load()
	groups := t.groups
	for name, versions := range r.byGroup(changed) {
		if g := r.regroup(groups, name, versions); g != nil {
			groups = groups.with(name, g)
		} else {
			groups = groups.without(name)
		}
	}
	builtIn := t.builtIn
	if s == BuiltIn {
		builtIn = map[schema.GroupVersionResource]*Resource{}
		for _, v := range r.versions[BuiltIn] {
			for x := range v.Resources() {
				builtIn[x.GVR()] = x
			}
		}
	}
	r.publish(builtIn, groups)
	for _, x := range gone {
		if r.Get(x.GVR()) == nil {
			for _, f := range r.observe {
				f(x)
			}
		}
	}
}

// Observe has f called for each resource that is not served any more, after the fact and while other changes wait.
func (r *Registry) Observe(f func(gone *Resource)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.observe = append(r.observe, f)
}

// remove takes a part out of its source's versions and notes which these are.
func (r *Registry) remove(s Source, part *Part, changed map[schema.GroupVersion]bool) []*Resource {
	for _, x := range part.Resources {
		gv := x.GVR().GroupVersion()
		if v := r.versions[s][gv]; v != nil && v.Resource(x.Resource) == x {
			next := *v
			next.resources = v.resources.without(x.Resource)
			r.versions[s][gv] = &next
			changed[gv] = true
		}
	}
	for _, e := range part.Elsewhere {
		gv := schema.GroupVersion{Group: e.Group, Version: e.Version}
		if v := r.versions[s][gv]; v != nil && v.Elsewhere == e {
			next := *v
			next.Elsewhere = nil
			r.versions[s][gv] = &next
			changed[gv] = true
		}
	}
	return part.Resources
}

// add puts a part into its source's versions and notes which these are.
func (r *Registry) add(s Source, part *Part, changed map[schema.GroupVersion]bool) {
	begin := func(gv schema.GroupVersion, groupPriority, priority int) *Version {
		next := Version{Group: gv.Group, Name: gv.Version, Source: s}
		if v := r.versions[s][gv]; v != nil {
			next = *v
		}
		next.GroupPriority, next.Priority = groupPriority, priority
		r.versions[s][gv] = &next
		changed[gv] = true
		return &next
	}
	for _, x := range part.Resources {
		v := begin(x.GVR().GroupVersion(), x.GroupPriority, x.VersionPriority)
		v.resources = v.resources.with(x.Resource, x)
	}
	for _, e := range part.Elsewhere {
		v := begin(schema.GroupVersion{Group: e.Group, Version: e.Version}, e.GroupPriority, e.Priority)
		v.Elsewhere = e
	}
}

// byGroup drops versions that nothing is left of, and sorts the changed ones by group.
func (r *Registry) byGroup(changed map[schema.GroupVersion]bool) map[string][]string {
	out := map[string][]string{}
	for gv := range changed {
		for s := range sources {
			if v := r.versions[s][gv]; v != nil && v.isEmpty() {
				delete(r.versions[s], gv)
			}
		}
		out[gv.Group] = append(out[gv.Group], gv.Version)
	}
	return out
}

// regroup is the group with its changed versions.
func (r *Registry) regroup(groups sorted[*Group], name string, changed []string) *Group {
	var versions []*Version
	if old, found := groups.get(name); found {
		for _, v := range old.Versions {
			if !slices.Contains(changed, v.Name) {
				versions = append(versions, v)
			}
		}
	}
	for _, version := range changed {
		gv := schema.GroupVersion{Group: name, Version: version}
		for s := range sources {
			if v := r.versions[s][gv]; v != nil {
				versions = append(versions, v)
				break
			}
		}
	}
	return newGroup(name, versions)
}

func (r *Registry) publish(builtIn map[schema.GroupVersionResource]*Resource, groups sorted[*Group]) {
	t := &table{builtIn: builtIn, groups: groups}
	t.ordered = sync.OnceValue(func() []*Group {
		out := make([]*Group, 0, groups.length)
		for _, g := range groups.all() {
			out = append(out, g)
		}
		slices.SortFunc(out, byPriority)
		return out
	})
	t.all = sync.OnceValue(func() []*Resource {
		var out []*Resource
		for x := range t.each() {
			out = append(out, x)
		}
		return out
	})
	r.table.Store(t)
}

// Get finds a resource of this server in a version; nil when it is not served.
func (r *Registry) Get(gvr schema.GroupVersionResource) *Resource {
	t := r.table.Load()
	if x := t.builtIn[gvr]; x != nil {
		return x
	}
	if v := t.version(gvr.Group, gvr.Version); v != nil {
		return v.Resource(gvr.Resource)
	}
	return nil
}

// OfKey finds a resource that has its objects where a key is, in any version; nil when none is served.
func (r *Registry) OfKey(key string) *Resource {
	of, _, known := OfKey(key)
	if !known {
		return nil
	}
	g, found := r.table.Load().groups.get(of.Group)
	if !found {
		return nil
	}
	for _, v := range g.Versions {
		if x := v.Resource(of.Resource); x != nil {
			return x
		}
	}
	return nil
}

// Subresource finds a resource or, with a subresource's name, that; nil when it is not served.
func (r *Registry) Subresource(gvr schema.GroupVersionResource, subresource string) *Resource {
	found := r.Get(gvr)
	if found == nil || subresource == "" {
		return found
	}
	return found.Subresources[subresource]
}

// Elsewhere is the other server that a group-version is served by; nil when that is this one, or nobody.
func (r *Registry) Elsewhere(group, version string) *Elsewhere {
	if v := r.table.Load().version(group, version); v != nil {
		return v.Elsewhere
	}
	return nil
}

func (t *table) version(group, version string) *Version {
	if g, found := t.groups.get(group); found {
		return g.Version(version)
	}
	return nil
}

// Group finds a group of which any version is served; nil when none is.
func (r *Registry) Group(name string) *Group {
	g, _ := r.table.Load().groups.get(name)
	return g
}

// HasGroup says whether any version of the group is served.
func (r *Registry) HasGroup(group string) bool { return r.Group(group) != nil }

// Groups are what is served now, in the order of discovery. The slice is another one after a change, and must not be
// changed.
func (r *Registry) Groups() []*Group { return r.table.Load().ordered() }

// All are the resources of this server, in the order of discovery. The slice is another one after a change, and must not
// be changed.
func (r *Registry) All() []*Resource { return r.table.Load().all() }

func (t *table) each() iter.Seq[*Resource] {
	return func(yield func(*Resource) bool) {
		for _, g := range t.ordered() {
			for _, v := range g.Versions {
				for x := range v.Resources() {
					if !yield(x) {
						return
					}
				}
			}
		}
	}
}
