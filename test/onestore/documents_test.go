package onestore

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

// object is any Kubernetes object.
type object map[string]any

// at is a value inside; nil when there is none.
func (o object) at(path ...string) any {
	var v any = map[string]any(o)
	for _, p := range path {
		m, _ := v.(map[string]any)
		v = m[p]
	}
	return v
}

func (o object) text(path ...string) string {
	s, _ := o.at(path...).(string)
	return s
}

func (o object) metadata() map[string]any {
	m, ok := o["metadata"].(map[string]any)
	if !ok {
		m = map[string]any{}
		o["metadata"] = m
	}
	return m
}

func (o object) clone() object {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err) // it came from JSON or YAML
	}
	var out object
	if err := json.Unmarshal(b, &out); err != nil {
		panic(err)
	}
	return out
}

// document is an object to be created, with the subresources to write afterwards.
type document struct {
	row    resources.Row
	object object
	puts   []string
}

// name of the sub test.
func (d document) name() string {
	return strings.Trim(d.row.Group+"/"+d.row.Version+"/"+d.row.Resource+"/"+d.object.text("metadata", "name"), "/")
}

// documents are the objects that the tables of package kinds are recorded from: at least one of every kind, with their
// states. Each comes in the version that it is written in. The documents of this package say more of an object than a table shows.
func documents(t *testing.T) []document {
	t.Helper()
	files, err := filepath.Glob("../../handlers/kinds/testdata/columns_input/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	files = append(files, "testdata/documents.yaml")
	var all []document
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		decoder := yaml.NewYAMLOrJSONDecoder(f, 4096)
		for {
			var o object
			if err := decoder.Decode(&o); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if o == nil || o["existing"] != nil {
				continue
			}
			d := document{object: o}
			if o["status"] != nil {
				d.puts = []string{"status"}
			}
			if puts, ok := o["puts"].([]any); ok {
				d.puts = nil
				for _, p := range puts {
					d.puts = append(d.puts, p.(string))
				}
			}
			for _, k := range []string{"puts", "delete", "also", "subresource", "after"} {
				delete(o, k)
			}
			row := rowOf(o.text("apiVersion"), o.text("kind"))
			if row == nil {
				t.Fatalf("%s: unknown kind %v %v", file, o["apiVersion"], o["kind"])
			}
			d.row = *row
			all = append(all, d)
		}
	}
	return all
}

func rowOf(apiVersion, kind string) *resources.Row {
	for i, row := range resources.Rows {
		if groupVersion(row) == apiVersion && row.Kind == kind && row.Subresource == "" {
			return &resources.Rows[i]
		}
	}
	return nil
}

func groupVersion(row resources.Row) string {
	return strings.TrimPrefix(row.Group+"/"+row.Version, "/")
}

// stored are the rows of whole resources that lie in the store.
func stored() []resources.Row {
	var out []resources.Row
	for _, row := range resources.Rows {
		if row.Subresource == "" && row.Storage != "" {
			out = append(out, row)
		}
	}
	return out
}

// namespace is where the objects are made.
const namespace = "tables"

// collection is the path of all objects of a row in the namespace; everywhere, if all.
func collection(row resources.Row, all bool) string {
	path := "/apis/" + row.Group + "/" + row.Version
	if row.Group == "" {
		path = "/api/" + row.Version
	}
	if row.Namespaced && !all {
		path += "/namespaces/" + namespace
	}
	return path + "/" + row.Resource
}
