// Package kind is shared by the groups under handlers/kinds: the registration of a kind, adapters from typed functions to the
// hooks of a strategy, paths to fields, and rules of many kinds.
package kind

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/structural"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Kind registers the hand-written part of one kind, in all versions. Everything but the first two fields is optional.
type Kind struct {
	// Group and Resource name the rows of the kind.
	Group, Resource string
	// Strategy completes the strategy of the resource itself, Subresources those of its subresources.
	Strategy     Strategy
	Subresources map[string]Strategy
	// Defaults replace the generated defaults of a version, and call them in the order that the kind needs.
	Defaults map[string]func(object.Object)
	// Conversions are for versions that differ by more than Go types.
	Conversions []Conversion
	// MovedFields are the types whose fields moved between versions that are otherwise converted structurally.
	MovedFields structural.Special
	// Unserved makes empty objects of versions that are stored but not served.
	Unserved map[schema.GroupVersionKind]func() object.Object
	// Cells are the functions that the model's columns of the kind name.
	Cells Cells
	// Conditions are the conditions of a table row, Compare is the order of rows.
	Conditions func(object.Object) []metav1.TableRowCondition
	Compare    func(a, b object.Object) int
}

// Strategy completes the strategy of one row, in which selectable fields and scale are already set from the row. It runs once for
// each version of the row in each server.
type Strategy func(d *Deps, row resources.Row, s *resource.Strategy)

// Make makes the strategy of a row. k is nil for a row without hand-written code.
func (k *Kind) Make(d *Deps, row resources.Row) *resource.Strategy {
	s := &resource.Strategy{Fields: Selectable(row)}
	if row.Scale != nil {
		Scale(row, s)
	}
	if k == nil {
		return s
	}
	complete := k.Strategy
	if row.Subresource != "" {
		complete = k.Subresources[row.Subresource]
	}
	if row.Scale != nil && k.Strategy != nil {
		var parent resource.Strategy
		k.Strategy(d, ParentRow(row), &parent)
		updateAs(s, &parent)
	}
	if complete != nil {
		complete(d, row, s)
	}
	return s
}

// Conversion is from one version of a kind to another. Convert does not change its argument and shares no memory with it.
type Conversion struct {
	From, To schema.GroupVersionKind
	Convert  resource.Converter
}

// Cells are the functions of columns by their names in openapi/.
type Cells map[string]Cell

// Cell computes a cell from an object, or from the values at the column's paths. It is safe for concurrent use.
type Cell struct {
	Object func(o object.Object, now time.Time) any
	Values func(v Values, now time.Time) any
}
