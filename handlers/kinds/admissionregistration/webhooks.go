package admissionregistration

import (
	"reflect"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// webhooks is the strategy of configurations of either kind.
func webhooks(_ *kind.Deps, row resources.Row, s *resource.Strategy) {
	s.Warnings = staticName
	p := kind.Compile(row, "webhooks")
	// What is empty and what is absent are two things here, as for the original.
	s.Changed = func(o, old object.Object) bool {
		a, b := p.Get(o), p.Get(old)
		return !a.IsValid() || !b.IsValid() || !reflect.DeepEqual(a.Interface(), b.Interface())
	}
}
