package docs

import (
	"slices"
	"sort"

	"k8s.io/apimachinery/pkg/version"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// view is one state of the registry, put in groups and versions. It is immutable but for the two lists, which are made
// when they are first asked for.
type view struct {
	source []*resource.Resource
	groups []*group
	// core is the aggregated list of /api, named that of /apis.
	core, named aggregated
}

type group struct {
	name     string
	versions []*groupVersion // the preferred one first
}

type groupVersion struct {
	name      string
	resources []*resource.Resource
}

// newView keeps groups in the order of all. Versions come stable before beta before alpha and the higher number first:
// rows may stand in any order inside a group.
func newView(all []*resource.Resource) *view {
	v := &view{source: all}
	for _, r := range all {
		g := v.group(r.Group)
		if g == nil {
			g = &group{name: r.Group}
			v.groups = append(v.groups, g)
		}
		gv := g.version(r.Version)
		if gv == nil {
			gv = &groupVersion{name: r.Version}
			g.versions = append(g.versions, gv)
		}
		gv.resources = append(gv.resources, r)
	}
	for _, g := range v.groups {
		sort.SliceStable(g.versions, func(i, j int) bool {
			return version.CompareKubeAwareVersionStrings(g.versions[i].name, g.versions[j].name) > 0
		})
	}
	return v
}

// of says whether the view shows exactly this table: a registry never changes one but replaces it, so its address will do.
func (v *view) of(all []*resource.Resource) bool {
	return len(v.source) == len(all) && (len(all) == 0 || &v.source[0] == &all[0])
}

// group finds a group by name, the core group by the empty one; nil when it is not served.
func (v *view) group(name string) *group {
	for _, g := range v.groups {
		if g.name == name {
			return g
		}
	}
	return nil
}

func (g *group) version(name string) *groupVersion {
	for _, v := range g.versions {
		if v.name == name {
			return v
		}
	}
	return nil
}

// subresources are those of r by name.
func subresources(r *resource.Resource) []*resource.Resource {
	out := make([]*resource.Resource, 0, len(r.Subresources))
	for _, s := range r.Subresources {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *resource.Resource) int {
		if a.Subresource < b.Subresource {
			return -1
		}
		return 1
	})
	return out
}
