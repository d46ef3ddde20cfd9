// Package strategy has what the resource model cannot say of the built-in resources: how an object is brought into its
// first state, what may not change, which fields refer to each other, what is allocated outside the object, and the
// actions that store nothing themselves. One small file per resource that needs it; a resource without an entry has only
// the data-driven hooks (names, selectable fields, scale).
package strategy

import (
	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Deps is what the strategies need from the server.
type Deps = kind.Deps

// key names a row whatever its version.
type key struct{ group, resource, subresource string }

// entry completes the strategy of one row.
type entry func(d *Deps, row resources.Row, s *resource.Strategy)

// New returns the function that makes the strategy of each row.
func New(d Deps) func(resources.Row) *resource.Strategy {
	d.SetDefaults()
	table := map[key]entry{}
	for _, group := range []map[key]entry{others, reviews} {
		for k, e := range group {
			table[k] = chain(table[k], e)
		}
	}
	return func(row resources.Row) *resource.Strategy {
		s := &resource.Strategy{Fields: kind.Selectable(row)}
		if row.Scale != nil {
			kind.Scale(row, s)
		}
		if e := table[key{row.Group, row.Resource, row.Subresource}]; e != nil {
			e(&d, row, s)
		}
		warn(row, s)
		return s
	}
}

// chain runs a before b.
func chain(a, b entry) entry {
	if a == nil {
		return b
	}
	return func(d *Deps, row resources.Row, s *resource.Strategy) { a(d, row, s); b(d, row, s) }
}
