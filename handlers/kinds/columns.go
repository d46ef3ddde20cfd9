package kinds

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/duration"

	gencolumns "github.com/gatehouse-dev/gatehouse/gen/columns"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// tables are built once, when the first columns are asked for.
var tables = sync.OnceValue(func() map[schema.GroupVersionKind]resource.Columns {
	out := make(map[schema.GroupVersionKind]resource.Columns, len(gencolumns.Kinds))
	for gvk, columns := range gencolumns.Kinds {
		k := byGVK[gvk]
		if k == nil {
			out[gvk] = NewColumns(columns, shared)
			continue
		}
		cells := maps.Clone(shared)
		maps.Copy(cells, k.Cells)
		table := NewColumns(columns, cells)
		table.Conditions, table.Compare = k.Conditions, k.Compare
		out[gvk] = table
	}
	return out
})

// shared are the functions of columns of several kinds.
var shared = kind.Cells{
	"bareSelector": kind.CellOfValues(bareSelector),
	"trimSpace":    kind.CellOfValues(func(v kind.Values, _ time.Time) any { return strings.TrimSpace(v.Text(0)) }),
}

// standard are the default columns.
var standard = sync.OnceValue(func() resource.Columns {
	columns := NewColumns([]gencolumns.Column{
		{Name: "Name", Type: "string", Format: "name", Description: "Name of the object, unique within its resource and namespace.",
			Value: func(o runtime.Object) any { return o.(metav1.Object).GetName() }},
		{Name: "Created At", Type: "date", Description: "When the object was created.", As: gencolumns.Date,
			Value: func(o runtime.Object) any { return o.(metav1.Object).GetCreationTimestamp().Time }},
	}, nil)
	columns.Standard = true
	return columns
})

// Columns are the columns of a kind in tables, which kubectl get prints. They are data in openapi/ (x-kubernetes-columns);
// gen/columns has them with a function for each of their paths. gvk is that of the response, so Scale for scale. Objects given to
// Cells must have the generated type. A kind without columns of its own gets name and creation time, which work on any object.
func Columns(gvk schema.GroupVersionKind) resource.Columns {
	if columns, ok := tables()[gvk]; ok {
		return columns
	}
	return standard()
}

// NewColumns makes columns from their description. All cells are always computed: wide output depends on the priority of a
// definition. An unknown function is a fault of the model that tests find; its cells say so.
func NewColumns(columns []gencolumns.Column, functions kind.Cells) resource.Columns {
	var definitions []metav1.TableColumnDefinition
	for _, c := range columns {
		if !c.Hidden {
			definitions = append(definitions, metav1.TableColumnDefinition{Name: c.Name, Type: c.Type, Format: c.Format, Description: c.Description, Priority: c.Priority})
		}
	}
	cells := make([]cell, len(columns))
	for i, c := range columns {
		cells[i] = newCell(c, functions)
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

func newCell(c gencolumns.Column, functions kind.Cells) cell {
	if c.Func == "" {
		return func(o object.Object, now time.Time) any {
			value := c.Value(o)
			if value == nil {
				return c.Empty
			}
			return printed(c.As, value, now)
		}
	}
	f := functions[c.Func]
	if f.Object != nil && c.Of == nil {
		return f.Object
	}
	if f.Values == nil {
		return func(object.Object, time.Time) any { return fmt.Sprintf("<no function %s>", c.Func) }
	}
	return func(o object.Object, now time.Time) any {
		got := make(kind.Values, len(c.Of))
		for i, value := range c.Of {
			got[i] = value(o)
		}
		return f.Values(got, now)
	}
}

// printed makes a cell of a value that is not nil.
func printed(as gencolumns.As, value any, now time.Time) any {
	switch as {
	case gencolumns.Age:
		return kind.Age(value.(time.Time), now)
	case gencolumns.Date:
		return value.(time.Time).UTC().Format(time.RFC3339)
	case gencolumns.Join:
		return strings.Join(value.([]string), ",")
	case gencolumns.Labels:
		return labels.FormatLabels(value.(map[string]string))
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

// bareSelector is a selector in the form of queries; empty if it selects nothing.
func bareSelector(v kind.Values, _ time.Time) any {
	s, _ := v[0].(*metav1.LabelSelector)
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return "<invalid>"
	}
	return selector.String()
}
