// Package columns has the functions of columns of the kinds that have not moved to handlers/kinds yet.
package columns

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Cells are the functions of all kinds here.
func Cells() kind.Cells {
	all := kind.Cells{}
	for name, f := range ofObject {
		all[name] = kind.Cell{Object: f}
	}
	for name, f := range ofValues {
		all[name] = kind.Cell{Values: f}
	}
	return all
}

// Orders are those of lists that are not printed in the order of their keys.
var Orders = map[schema.GroupVersionKind]func(a, b object.Object) int{}

// cell computes one cell.
type cell func(o object.Object, now time.Time) any

type (
	values    = kind.Values
	shortList = kind.ShortList
)

var (
	age           = kind.Age
	firstText     = kind.FirstText
	groupResource = kind.GroupResource
	distinct      = kind.Distinct
)

func trimSpace(v values, _ time.Time) any { return strings.TrimSpace(v.Text(0)) }
