package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// TestFieldSets holds server-side apply to the published schemas: every object of the API module's own test data has the
// same set of owned fields by our documents as by theirs. Both converters are built in the same way from whole documents, so
// what is compared is what the schemas say: list types, list keys, map types, defaults of keys.
func TestFieldSets(t *testing.T) {
	published, err := readGolden("testdata/v1.36.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	documents, err := generated()
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := converter(t, documents), converter(t, published)
	compared := 0
	for _, file := range apiTestdata(t) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		object := &unstructured.Unstructured{}
		if err := json.Unmarshal(b, &object.Object); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		want, err := theirs.ObjectToTyped(object)
		if err != nil {
			continue // a kind that the release does not serve
		}
		wantSet, err := want.ToFieldSet()
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		compared++
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		got, err := ours.ObjectToTyped(object)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		gotSet, err := got.ToFieldSet()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !gotSet.Equals(wantSet) {
			t.Errorf("%s: only ours has %s, only theirs has %s", name, gotSet.Difference(wantSet), wantSet.Difference(gotSet))
		}
	}
	if compared < 96 {
		t.Errorf("only %d objects were compared", compared)
	}
}

// converter is built from the schemas of all documents together, as the server does it.
func converter(t *testing.T, documents Documents) managedfields.TypeConverter {
	t.Helper()
	schemas := map[string]*spec.Schema{}
	for _, d := range documents {
		all, _ := d["components"].(M)["schemas"].(M)
		b, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		of := map[string]*spec.Schema{}
		if err := json.Unmarshal(b, &of); err != nil {
			t.Fatal(err)
		}
		for name, s := range of {
			schemas[name] = s
		}
	}
	c, err := managedfields.NewTypeConverter(schemas, false)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// apiTestdata are the JSON files of the API module: one object of each kind with every field filled.
func apiTestdata(t *testing.T) []string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/api").Output()
	if err != nil {
		t.Fatalf("where is k8s.io/api: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "testdata", "HEAD", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no test data in k8s.io/api")
	}
	return files
}
