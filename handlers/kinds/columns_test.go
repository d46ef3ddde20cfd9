package kinds

import (
	"fmt"
	"maps"
	"testing"
	"time"

	gencolumns "github.com/gatehouse-dev/gatehouse/gen/columns"
	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// Every function that the model names exists, every function is used, and an empty object of every kind gives a cell of
// the type its column says, from that kind and not from the guard against other kinds.
func TestModel(t *testing.T) {
	used := map[string]bool{}
	for gvk, columns := range gencolumns.Kinds {
		empty, ok := resources.Kinds[gvk]().(object.Object)
		if !ok {
			t.Errorf("%v is not an object", gvk)
			continue
		}
		for _, c := range columns {
			used[c.Func] = true
			isObject := cells()[c.Func].Object != nil
			isValues := cells()[c.Func].Values != nil
			switch {
			case c.Func == "" && c.Value == nil:
				t.Errorf("%v: %s has no source", gvk, c.Name)
			case c.Func != "" && c.Of == nil && !isObject:
				t.Errorf("%v: %s: no function %s on objects", gvk, c.Name, c.Func)
			case c.Func != "" && c.Of != nil && !isValues:
				t.Errorf("%v: %s: no function %s on values", gvk, c.Name, c.Func)
			}
			switch value := newCell(c, cells())(empty, time.Now()).(type) {
			case string, int64, bool:
			default:
				t.Errorf("%v: %s is a %T", gvk, c.Name, value)
			}
		}
	}
	for name := range cells() {
		if !used[name] {
			t.Errorf("no column uses %s", name)
		}
	}
}

// cells are the functions of all kinds.
func cells() kind.Cells {
	all := maps.Clone(shared)
	for _, group := range groups {
		for _, k := range group {
			maps.Copy(all, k.Cells)
		}
	}
	return all
}

// A stored resource whose kind has no columns of its own is one of these, and prints name and creation time.
func TestStandard(t *testing.T) {
	standard := map[string]bool{"clusterroles": true, "roles": true, "limitranges": true, "csistoragecapacities": true, "customresourcedefinitions": true}
	for _, row := range resources.Rows {
		if row.Storage == "" || row.Subresource != "" {
			continue
		}
		definitions := Columns(kindOf(row)).Definitions
		if own := definitions[len(definitions)-1].Name != "Created At"; own == standard[row.Resource] {
			t.Errorf("%s/%s %s: own columns: %v", row.Group, row.Version, row.Resource, own)
		}
	}
	role := resources.Kinds[kindOfName("rbac.authorization.k8s.io", "v1", "Role")]().(object.Object)
	role.SetName("a")
	if got := fmt.Sprint(Columns(kindOfName("", "v1", "Made")).Cells(role, time.Now())); got != "[a 0001-01-01T00:00:00Z]" {
		t.Errorf("cells of a kind without columns: %s", got)
	}
}

// An unknown function shows in its cell and an object of a wrong kind gives an empty one; neither panics.
func TestFaults(t *testing.T) {
	job := resources.Kinds[kindOfName("batch", "v1", "Job")]().(object.Object)
	got := NewColumns([]gencolumns.Column{{Name: "A", Func: "nothing"}, {Name: "B", Func: "podReady"}, {Name: "C", Func: "jobStatus"}}, cells()).Cells(job, time.Now())
	if fmt.Sprint(got) != "[<no function nothing>  Running]" {
		t.Errorf("cells: %q", got)
	}
}
