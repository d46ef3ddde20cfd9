package kinds

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

var recordFrom = flag.String("record", "", "URL of a reference server with all APIs on: record testdata/columns from it before testing")

// golden is what the reference printed of objects of one resource. Cells hold ages, so Now is part of it.
type golden struct {
	Kind    schema.GroupVersionKind
	Columns []metav1.TableColumnDefinition
	Rows    []goldenRow
}

type goldenRow struct {
	Now        time.Time
	Cells      []any
	Conditions []metav1.TableRowCondition `json:",omitempty"`
	Object     json.RawMessage
}

// The same objects give the same tables as the reference's.
func TestGolden(t *testing.T) {
	if *recordFrom != "" {
		record(t, *recordFrom)
	}
	files, err := filepath.Glob("testdata/columns/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no recordings", err)
	}
	rows := map[schema.GroupVersionKind]int{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var g golden
			if err := json.Unmarshal(b, &g); err != nil {
				t.Fatal(err)
			}
			compare(t, g)
			rows[g.Kind] += len(g.Rows)
		})
	}
	for _, row := range resources.Rows {
		if row.Storage != "" && row.Subresource == "" && rows[kindOf(row)] < 2 {
			t.Errorf("%v has %d recorded rows, want 2", kindOf(row), rows[kindOf(row)])
		}
	}
}

func kindOf(row resources.Row) schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: row.KindGroup, Version: row.KindVersion, Kind: row.Kind}
}

// shown is an object as tables are made of it, and its kind then.
func shown(t *testing.T, kind schema.GroupVersionKind, o object.Object) (schema.GroupVersionKind, object.Object) {
	t.Helper()
	for _, row := range resources.Rows {
		if row.ShownAs == "" || row.Subresource != "" || kindOf(row) != kind {
			continue
		}
		as := kind
		as.Version = row.ShownAs
		to, ok := Convert(kind, as)
		if !ok {
			t.Fatalf("%v is not converted to %v", kind, as)
		}
		out, err := to(o)
		if err != nil {
			t.Fatal(err)
		}
		if fill := Default(as); fill != nil {
			fill(out)
		}
		return as, out
	}
	return kind, o
}

func compare(t *testing.T, g golden) {
	as, _ := shown(t, g.Kind, resources.Kinds[g.Kind]().(object.Object))
	columns := Columns(as)
	definitions := append([]metav1.TableColumnDefinition(nil), columns.Definitions...)
	for i := range definitions {
		definitions[i].Description = ""
	}
	if !reflect.DeepEqual(definitions, g.Columns) {
		t.Errorf("columns\n%v, want\n%v", definitions, g.Columns)
	}
	for _, row := range g.Rows {
		o := resources.Kinds[g.Kind]().(object.Object)
		if err := json.Unmarshal(row.Object, o); err != nil {
			t.Fatal(err)
		}
		_, o = shown(t, g.Kind, o)
		b, err := json.Marshal(columns.Cells(o, row.Now))
		if err != nil {
			t.Fatal(err)
		}
		var cells []any
		if err := json.Unmarshal(b, &cells); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(cells, row.Cells) {
			t.Errorf("%s:\n%q, want\n%q", o.GetName(), cells, row.Cells)
		}
		var conditions []metav1.TableRowCondition
		if columns.Conditions != nil {
			conditions = columns.Conditions(o)
		}
		if !reflect.DeepEqual(conditions, row.Conditions) {
			t.Errorf("%s: conditions %v, want %v", o.GetName(), conditions, row.Conditions)
		}
	}
}

func kindOfName(group, version, kind string) schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: group, Version: version, Kind: kind}
}
