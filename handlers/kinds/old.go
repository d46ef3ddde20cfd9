package kinds

import (
	"maps"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/columns"
	"github.com/gatehouse-dev/gatehouse/handlers/convert"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/strategy"
)

// Kinds whose groups have not moved here yet are asked for in the packages that this tree replaces. This file goes with the
// last of them.

func init() {
	maps.Copy(shared, columns.Cells())
	for v, c := range convert.Written {
		written[versions{v.From, v.To}] = c
	}
}

func oldStrategies(d kind.Deps) func(resources.Row) *resource.Strategy { return strategy.New(d) }

func oldTable(gvk schema.GroupVersionKind, t *resource.Columns) {
	t.Compare = columns.Orders[gvk]
}
