package resource

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

func row(group, version, name string, priorities ...int) *Resource {
	r := &Resource{Row: resources.Row{Group: group, Version: version, Resource: name}}
	if len(priorities) > 1 {
		r.GroupPriority, r.VersionPriority = priorities[0], priorities[1]
	}
	return r
}

// shown is what a registry has, as discovery shows it.
func shown(r *Registry) string {
	var out []string
	for _, g := range r.Groups() {
		for _, v := range g.Versions {
			one := g.Name + "/" + v.Name
			if v.Elsewhere != nil {
				one += " elsewhere"
			}
			for x := range v.Resources() {
				one += " " + x.Resource
			}
			out = append(out, one)
		}
	}
	return strings.Join(out, ", ")
}

func gvr(group, version, name string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: group, Version: version, Resource: name}
}

// TestSources: each source replaces its own parts; of several with one group-version the first counts, and when it goes,
// the next is there again.
func TestSources(t *testing.T) {
	r := NewRegistry([]*Resource{row("apps", "v1", "deployments", 17800, 15), row("", "v1", "pods", 18000, 1), row("", "v1", "nodes", 18000, 1)})
	definition := func(group string, versions ...string) *Part {
		p := &Part{}
		for _, v := range versions {
			p.Resources = append(p.Resources, row(group, v, "widgets", 1000, 100))
		}
		return p
	}
	other := func(group, version string, priority int) *Part {
		return &Part{Elsewhere: []*Elsewhere{{Group: group, Version: version, GroupPriority: priority, Priority: 100}}}
	}
	for _, c := range []struct {
		name   string
		change func()
		want   string
	}{
		{"built in", func() {}, "/v1 nodes pods, apps/v1 deployments"},
		{"definitions", func() {
			r.SetMany(Definitions, map[string]*Part{"w.b": definition("b.dev", "v1beta1", "v1", "v2"), "w.a": definition("a.dev", "v1")})
		}, "/v1 nodes pods, apps/v1 deployments, a.dev/v1 widgets, b.dev/v2 widgets, b.dev/v1 widgets, b.dev/v1beta1 widgets"},
		{"a definition loses a version", func() { r.Set(Definitions, "w.b", definition("b.dev", "v1")) },
			"/v1 nodes pods, apps/v1 deployments, a.dev/v1 widgets, b.dev/v1 widgets"},
		{"two definitions in a group", func() {
			r.Set(Definitions, "x.b", &Part{Resources: []*Resource{row("b.dev", "v1", "gadgets", 1000, 100)}})
		}, "/v1 nodes pods, apps/v1 deployments, a.dev/v1 widgets, b.dev/v1 gadgets widgets"},
		{"another server before it", func() { r.Set(Aggregated, "v1.b.dev", other("b.dev", "v1", 2000)) },
			"/v1 nodes pods, apps/v1 deployments, b.dev/v1 elsewhere, a.dev/v1 widgets"},
		{"and one of low priority", func() { r.Set(Aggregated, "v1beta1.metrics.k8s.io", other("metrics.k8s.io", "v1beta1", 100)) },
			"/v1 nodes pods, apps/v1 deployments, b.dev/v1 elsewhere, a.dev/v1 widgets, metrics.k8s.io/v1beta1 elsewhere"},
		{"nobody takes what is built in", func() {
			r.Set(Aggregated, "v1.apps", other("apps", "v1", 20000))
			r.Set(Definitions, "w.apps", definition("apps", "v1"))
		}, "/v1 nodes pods, apps/v1 deployments, b.dev/v1 elsewhere, a.dev/v1 widgets, metrics.k8s.io/v1beta1 elsewhere"},
		{"the other server goes", func() { r.Set(Aggregated, "v1.b.dev", nil) },
			"/v1 nodes pods, apps/v1 deployments, a.dev/v1 widgets, b.dev/v1 gadgets widgets, metrics.k8s.io/v1beta1 elsewhere"},
		{"one of two definitions goes", func() { r.Set(Definitions, "w.b", nil) },
			"/v1 nodes pods, apps/v1 deployments, a.dev/v1 widgets, b.dev/v1 gadgets, metrics.k8s.io/v1beta1 elsewhere"},
		{"all go", func() {
			r.SetMany(Definitions, map[string]*Part{"x.b": nil, "w.a": nil, "w.apps": nil})
			r.SetMany(Aggregated, map[string]*Part{"v1.apps": nil, "v1beta1.metrics.k8s.io": nil, "never there": nil})
		}, "/v1 nodes pods, apps/v1 deployments"},
		{"less is built in", func() { r.Replace([]*Resource{row("", "v1", "pods", 18000, 1)}) }, "/v1 pods"},
	} {
		before := r.Groups()
		c.change()
		if got := shown(r); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		after := r.Groups()
		for _, g := range after {
			for _, old := range before {
				if old.Name == g.Name && old != g && shownGroup(old) == shownGroup(g) && c.name != "less is built in" && g.Name != "apps" {
					t.Errorf("%s: the group %q was made anew", c.name, g.Name)
				}
			}
		}
		for _, x := range r.All() {
			if r.Get(x.GVR()) != x || !r.HasGroup(x.Group) {
				t.Errorf("%s: %v is not found", c.name, x.GVR())
			}
		}
	}
	for source := range sources {
		if n := len(r.versions[source]); source != BuiltIn && n > 0 || len(r.parts[source]) > 1 {
			t.Errorf("%d versions of source %d are kept", n, source)
		}
	}
}

func shownGroup(g *Group) string {
	var out []string
	for _, v := range g.Versions {
		out = append(out, fmt.Sprint(v.Name, v.Elsewhere != nil, v.Source, slices.Collect(v.Resources())))
	}
	return strings.Join(out, " ")
}

// TestBackends: a path leads to a resource of this server or to another server, never to both.
func TestBackends(t *testing.T) {
	r := NewRegistry([]*Resource{row("", "v1", "pods")})
	r.Set(Definitions, "w", &Part{Resources: []*Resource{row("a.dev", "v1", "widgets"), row("a.dev", "v2", "widgets")}})
	e := &Elsewhere{Group: "a.dev", Version: "v2"}
	r.Set(Aggregated, "v2.a.dev", &Part{Elsewhere: []*Elsewhere{e}})
	if r.Get(gvr("a.dev", "v1", "widgets")) == nil || r.Elsewhere("a.dev", "v1") != nil {
		t.Error("v1 is not here")
	}
	if r.Get(gvr("a.dev", "v2", "widgets")) != nil || r.Elsewhere("a.dev", "v2") != e {
		t.Error("v2 is not elsewhere")
	}
	if r.Elsewhere("", "v1") != nil || r.Elsewhere("no", "v1") != nil || r.Get(gvr("no", "v1", "pods")) != nil || r.Group("no") != nil {
		t.Error("something was found that is not there")
	}
}

// TestGone: who has kept something of a resource hears that it is gone, once, and not when it only changed.
func TestGone(t *testing.T) {
	r := NewRegistry(nil)
	var gone []string
	r.Observe(func(x *Resource) { gone = append(gone, x.Version+" "+x.Resource) })
	r.Set(Definitions, "w", &Part{Resources: []*Resource{row("a.dev", "v1", "widgets"), row("a.dev", "v2", "widgets")}})
	r.Set(Definitions, "w", &Part{Resources: []*Resource{row("a.dev", "v1", "widgets")}})
	r.Set(Definitions, "w", &Part{Resources: []*Resource{row("a.dev", "v1", "widgets")}})
	r.Set(Definitions, "w", nil)
	r.Set(Definitions, "w", nil)
	if !slices.Equal(gone, []string{"v2 widgets", "v1 widgets"}) {
		t.Errorf("gone: %q", gone)
	}
}

// TestReadersSeeWholeParts: while a part of two versions comes and goes, whoever looks at one state sees both or none.
func TestReadersSeeWholeParts(t *testing.T) {
	r := NewRegistry([]*Resource{row("", "v1", "pods")})
	var stop atomic.Bool
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for !stop.Load() {
				n := 0
				for _, g := range r.Groups() {
					if g.Name == "a.dev" {
						n += len(g.Versions)
					}
				}
				if n != 0 && n != 2 {
					t.Errorf("%d versions", n)
					return
				}
				if r.Get(gvr("", "v1", "pods")) == nil {
					t.Error("pods are gone")
					return
				}
			}
		})
	}
	for i := range 2000 {
		r.Set(Definitions, "w", &Part{Resources: []*Resource{row("a.dev", "v1", "widgets"), row("a.dev", "v2", "widgets")}})
		r.Set(Definitions, fmt.Sprint("other ", i%50), &Part{Resources: []*Resource{row(fmt.Sprintf("g%d.dev", i%50), "v1", "things")}})
		r.Set(Definitions, "w", nil)
	}
	stop.Store(true)
	readers.Wait()
}

// BenchmarkDefinitions adds a definition to n others, in groups of their own and all in one group, and takes it out again:
// that may not depend on n.
func BenchmarkDefinitions(b *testing.B) {
	for _, n := range []int{10, 1000, 10000} {
		for _, one := range []bool{false, true} {
			name := func(i int) (group, plural string) {
				if one {
					return "one.dev", fmt.Sprintf("things%05d", i)
				}
				return fmt.Sprintf("g%05d.dev", i), "things"
			}
			b.Run(fmt.Sprintf("%d/one group %v", n, one), func(b *testing.B) {
				r := NewRegistry([]*Resource{row("", "v1", "pods")})
				for i := range n {
					group, plural := name(i)
					r.Set(Definitions, plural+group, &Part{Resources: []*Resource{row(group, "v1", plural), row(group, "v2", plural)}})
				}
				group, plural := name(n / 2)
				part := &Part{Resources: []*Resource{row(group, "v1", plural+"x"), row(group, "v2", plural+"x")}}
				b.ReportAllocs()
				for b.Loop() {
					r.Set(Definitions, "new", part)
					r.Set(Definitions, "new", nil)
				}
			})
		}
	}
}

func BenchmarkGet(b *testing.B) {
	r := NewRegistry([]*Resource{row("", "v1", "pods"), row("apps", "v1", "deployments")})
	for i := range 1000 {
		r.Set(Definitions, fmt.Sprint(i), &Part{Resources: []*Resource{row(fmt.Sprintf("g%05d.dev", i), "v1", "things")}})
	}
	for name, of := range map[string]schema.GroupVersionResource{"built in": gvr("apps", "v1", "deployments"), "custom": gvr("g00777.dev", "v1", "things")} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if r.Get(of) == nil {
					b.Fatal("not there")
				}
			}
		})
	}
}
