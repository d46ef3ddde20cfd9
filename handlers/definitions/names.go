package definitions

import (
	"maps"
	"slices"
	"time"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/apiextensions"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// claim are names that a write is about to give to a definition. It ends when the definition is known with them, or the write
// fails. Of a write of which nobody knows whether it was stored nothing is heard any more, so a claim also ends by itself.
type claim struct {
	group string
	names kind.Names
	by    *resource.Attempt
	ends  time.Time
}

// claimed is how long names are kept for a write.
const claimed = time.Minute

// Choose implements kind.Definitions.
func (m *Manager) Choose(a *resource.Attempt, group, name string, choose func(taken kind.Names) kind.Names) {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := kind.Names{Resources: map[string]bool{}, Kinds: map[string]bool{}}
	add := func(n kind.Names) {
		maps.Copy(taken.Resources, n.Resources)
		maps.Copy(taken.Kinds, n.Kinds)
	}
	for other, e := range m.groups[group] {
		if other != name {
			add(apiextensions.NamesOf(&e.head.Status.AcceptedNames))
		}
	}
	now := time.Now()
	for other, c := range m.claims {
		switch {
		case now.After(c.ends):
			delete(m.claims, other)
		case c.group == group && other != name:
			add(c.names)
		}
	}
	m.claims[name] = claim{group, choose(taken), a, now.Add(claimed)}
	a.OnFailure(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.claims[name].by == a {
			delete(m.claims, name)
		}
	})
}

// released says whether a definition has given names up.
func released(old, now *apiextensionsv1.CustomResourceDefinition) bool {
	was, is := apiextensions.NamesOf(&old.Status.AcceptedNames), apiextensions.NamesOf(&now.Status.AcceptedNames)
	lost := func(was, is map[string]bool) bool {
		return slices.ContainsFunc(slices.Collect(maps.Keys(was)), func(name string) bool { return !is[name] })
	}
	return lost(was.Resources, is.Resources) || lost(was.Kinds, is.Kinds)
}
