// Package columns makes table rows of objects: what kubectl get prints.
//
// Columns are data in openapi/ (x-kubernetes-columns); gen/columns has them with a function for each of their paths. This
// package turns the values into cells, and holds the functions, one file per group, for what a path cannot say. Cells are
// the same for every reader: wide output is a matter of the definitions' priority.
package columns

import (
	"fmt"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/duration"

	gencolumns "github.com/gatehouse-dev/gatehouse/gen/columns"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// kinds are built once, when the first table is asked for.
var kinds = sync.OnceValue(func() map[schema.GroupVersionKind]resource.Columns {
	out := make(map[schema.GroupVersionKind]resource.Columns, len(gencolumns.Kinds))
	for gvk, columns := range gencolumns.Kinds {
		out[gvk] = New(columns)
	}
	for gvk, columns := range out {
		columns.Conditions = conditions[gvk]
		columns.Compare = orders[gvk]
		out[gvk] = columns
	}
	return out
})

// standard are the columns of kinds that state none.
var standard = sync.OnceValue(func() resource.Columns {
	columns := New([]gencolumns.Column{
		{Name: "Name", Type: "string", Format: "name", Description: "Name of the object, unique within its resource and namespace.",
			Value: func(o runtime.Object) any { return o.(metav1.Object).GetName() }},
		{Name: "Created At", Type: "date", Description: "When the object was created.", As: gencolumns.Date,
			Value: func(o runtime.Object) any { return o.(metav1.Object).GetCreationTimestamp().Time }},
	})
	columns.Standard = true
	return columns
})

// conditions tell rows of finished objects apart.
var conditions = map[schema.GroupVersionKind]func(object.Object) []metav1.TableRowCondition{
	{Version: "v1", Kind: "Pod"}: podConditions,
}

// orders are those of lists that are not printed in the order of their keys.
var orders = map[schema.GroupVersionKind]func(a, b object.Object) int{
	{Group: "flowcontrol.apiserver.k8s.io", Version: "v1", Kind: "FlowSchema"}: byPrecedence,
}

// For is what tables print of objects of a kind; the kind of the answer's body counts, so that of Scale for scale.
// Objects given to Cells must be of the generated type. A kind without columns of its own gets name and creation time,
// which work on any object.
func For(gvk schema.GroupVersionKind) resource.Columns {
	if columns, ok := kinds()[gvk]; ok {
		return columns
	}
	return standard()
}

// New makes columns from their description. An unknown function is a fault of the model that tests find; its cells say so.
func New(columns []gencolumns.Column) resource.Columns {
	var definitions []metav1.TableColumnDefinition
	for _, c := range columns {
		if !c.Hidden {
			definitions = append(definitions, metav1.TableColumnDefinition{Name: c.Name, Type: c.Type, Format: c.Format, Description: c.Description, Priority: c.Priority})
		}
	}
	cells := make([]cell, len(columns))
	for i, c := range columns {
		cells[i] = newCell(c)
	}
	return resource.Columns{
		Definitions: definitions,
		Cells: func(o object.Object, now time.Time) []any {
			out := make([]any, len(cells))
			for i, cell := range cells {
				out[i] = cell(o, now)
			}
			return out
		},
	}
}

// cell computes one cell. It is safe for concurrent use and does not change the object.
type cell func(o object.Object, now time.Time) any

func newCell(c gencolumns.Column) cell {
	if c.Func == "" {
		return func(o object.Object, now time.Time) any {
			value := c.Value(o)
			if value == nil {
				return c.Empty
			}
			return convert(c.As, value, now)
		}
	}
	if f, ok := ofObject[c.Func]; ok && c.Of == nil {
		return f
	}
	f, ok := ofValues[c.Func]
	if !ok {
		return func(object.Object, time.Time) any { return fmt.Sprintf("<no function %s>", c.Func) }
	}
	return func(o object.Object, now time.Time) any {
		got := make(values, len(c.Of))
		for i, value := range c.Of {
			got[i] = value(o)
		}
		return f(got, now)
	}
}

// convert makes a cell of a value that is there.
func convert(as gencolumns.As, value any, now time.Time) any {
	switch as {
	case gencolumns.Age:
		return age(value.(time.Time), now)
	case gencolumns.Date:
		return value.(time.Time).UTC().Format(time.RFC3339)
	case gencolumns.Join:
		return strings.Join(value.([]string), ",")
	case gencolumns.Labels:
		return formatLabels(value.(map[string]string))
	case gencolumns.Selector:
		return metav1.FormatLabelSelector(value.(*metav1.LabelSelector))
	case gencolumns.Flag:
		if value.(bool) {
			return "True"
		}
		return "False"
	case gencolumns.Seconds:
		return duration.HumanDuration(time.Duration(value.(int64)) * time.Second)
	}
	return value
}

// age is the time from t to now as people read it.
func age(t, now time.Time) string {
	if t.IsZero() {
		return "<unknown>"
	}
	return duration.HumanDuration(now.Sub(t))
}
