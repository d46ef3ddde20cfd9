package docs

import (
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// view is what is made of one state of the registry. It is immutable but for the parts, which are made when they are first
// asked for. The next state's view takes over the parts of every group and version that it has in common with this one, so a
// change costs what it changes.
type view struct {
	source []*resource.Group
	groups []*group
	byName map[string]*group
	// core is the aggregated list of /api, named that of /apis.
	core, named aggregated
}

type group struct {
	*resource.Group
	versions []*groupVersion // the preferred one first
}

type groupVersion struct {
	*resource.Version
	discovered discovered
	document   document
	// parts are what its v2 document is made of, when it is not ready-made.
	parts []*partV2
}

// newView shows groups in their order. old may be nil.
func newView(groups []*resource.Group, old *view) *view {
	v := &view{source: groups, groups: make([]*group, len(groups)), byName: make(map[string]*group, len(groups))}
	for i, g := range groups {
		var before *group
		if old != nil {
			before = old.byName[g.Name]
		}
		if before == nil || before.Group != g {
			before = newGroup(g, before)
		}
		v.groups[i], v.byName[g.Name] = before, before
		if g.Name == "" {
			v.core.groups = append(v.core.groups, before)
		} else {
			v.named.groups = append(v.named.groups, before)
		}
	}
	return v
}

func newGroup(now *resource.Group, before *group) *group {
	g := &group{Group: now, versions: make([]*groupVersion, len(now.Versions))}
	for i, v := range now.Versions {
		var parts []*partV2
		if before != nil {
			if old := before.version(v.Name); old != nil && old.Version == v {
				g.versions[i] = old
				continue
			} else if old != nil {
				parts = old.parts
			}
		}
		g.versions[i] = &groupVersion{Version: v, parts: partsOf(v, parts)}
	}
	return g
}

// of says whether the view shows exactly this state: a registry never changes a list of groups but makes another, so its
// address will do.
func (v *view) of(groups []*resource.Group) bool {
	return len(v.source) == len(groups) && (len(groups) == 0 || &v.source[0] == &groups[0])
}

// group finds a group by name, the core group by the empty one; nil when it is not served.
func (v *view) group(name string) *group { return v.byName[name] }

func (g *group) version(name string) *groupVersion {
	for _, v := range g.versions {
		if v.Name == name {
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
	slices.SortFunc(out, func(a, b *resource.Resource) int { return strings.Compare(a.Subresource, b.Subresource) })
	return out
}
