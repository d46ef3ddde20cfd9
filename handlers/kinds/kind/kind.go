// Package kind has what the groups under handlers/kinds share: the form in which a kind is registered, adapters from typed
// functions to the hooks of a strategy, paths to fields, and rules that many kinds have.
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

// Kind registers what the resource model cannot say of one kind, in all versions. Everything but the first two fields is
// optional.
type Kind struct {
	// Group and Resource name the rows of the kind.
	Group, Resource string
	// Strategy completes the strategy of the resource itself, Subresources those of its subresources.
	Strategy     Strategy
	Subresources map[string]Strategy
	// Defaults replace the generated defaults of a version, and call them in the order that the kind needs.
	Defaults map[string]func(object.Object)
	// Conversions are written out where versions differ by more than Go types.
	Conversions []Conversion
	// MovedFields are the types whose fields moved between versions that are otherwise converted by their structure.
	MovedFields structural.Special
	// Unserved makes empty objects of versions that lie in the store and are not served.
	Unserved map[schema.GroupVersionKind]func() object.Object
	// Cells are the functions that the model's columns of the kind name.
	Cells Cells
	// Conditions are those of a row of a table, Compare is the order of rows.
	Conditions func(object.Object) []metav1.TableRowCondition
	Compare    func(a, b object.Object) int
}

// Strategy completes the strategy of one row, which comes with what the row says: selectable fields and scale. It runs
// once for each version of the row in each server.
type Strategy func(d *Deps, row resources.Row, s *resource.Strategy)

// Make makes the strategy of a row of the kind; k is nil for a row that says everything itself.
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

// Conversion is from one version of a kind to another. Convert leaves its argument alone and shares no memory with it.
type Conversion struct {
	From, To schema.GroupVersionKind
	Convert  resource.Converter
}

// Cells are functions of columns by the name that openapi/ gives them.
type Cells map[string]Cell

// Cell computes a cell of an object, or of the values that the column names paths for. It is safe for concurrent use.
type Cell struct {
	Object func(o object.Object, now time.Time) any
	Values func(v Values, now time.Time) any
}
