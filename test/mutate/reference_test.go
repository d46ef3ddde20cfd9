package mutate

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
)

var (
	reference = flag.String("reference", "", "URL of the reference")
	ours      = flag.String("ours", "", "URL of our server")
	token     = flag.String("token", "", "bearer token of an administrator of both")
	kind      = flag.String("kind", "", "only this kind")
	update    = flag.Bool("update", false, "spoil by update what exists, not by create")
)

// objects are the good ones, by file.
func objects(t *testing.T) map[string]map[string]any {
	t.Helper()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no objects: %v", err)
	}
	out := map[string]map[string]any{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, part := range strings.Split(string(b), "\n---\n") {
			object := map[string]any{}
			if err := yaml.Unmarshal([]byte(part), &object); err != nil {
				t.Fatalf("%s: %v", f, err)
			}
			out[fmt.Sprintf("%s-%d", strings.TrimSuffix(filepath.Base(f), ".yaml"), i)] = object
		}
	}
	return out
}

// place is the path of an object's collection.
func place(object map[string]any, namespace string) string {
	apiVersion, _ := object["apiVersion"].(string)
	group, version, found := strings.Cut(apiVersion, "/")
	root := "/apis/" + apiVersion
	if !found {
		group, version, root = "", apiVersion, "/api/"+apiVersion
	}
	for _, row := range resources.Rows {
		if row.Group == group && row.Version == version && row.Kind == object["kind"] && row.Subresource == "" {
			if row.Namespaced {
				root += "/namespaces/" + namespace
			}
			return root + "/" + row.Resource
		}
	}
	return ""
}

func TestObjectsHaveAPlace(t *testing.T) {
	for name, object := range objects(t) {
		if place(object, "ns") == "" {
			t.Errorf("%s: nothing serves %v %v", name, object["apiVersion"], object["kind"])
		}
	}
}

// asIs is the object without a change.
const asIs = "as it is"

func TestAgainstReference(t *testing.T) {
	if *reference == "" || *ours == "" {
		t.Skip("needs -reference and -ours")
	}
	a, b := newSide(*ours, *token), newSide(*reference, *token)
	const namespace = "mutate"
	for _, s := range []side{a, b} {
		if _, err := s.send("POST", "/api/v1/namespaces", map[string]any{"metadata": map[string]any{"name": namespace}}); err != nil {
			t.Fatal(err)
		}
	}
	for name, object := range objects(t) {
		if *kind != "" && object["kind"] != *kind {
			continue
		}
		t.Run(name, func(t *testing.T) {
			method, path, changes := "POST", place(object, namespace), spoil(object)
			if *update {
				method, path = "PUT", exist(t, a, b, path, object)
			} else {
				changes = append([]spoiled{{asIs, object}}, changes...)
			}
			wrong := 0
			for _, c := range changes {
				x, err := a.send(method, path+"?dryRun=All", c.object)
				if err != nil {
					t.Fatal(err)
				}
				y, err := b.send(method, path+"?dryRun=All", c.object)
				if err != nil {
					t.Fatal(err)
				}
				if c.what == asIs && y.Code >= 300 {
					t.Errorf("the object is not good: %v", y.Causes)
				}
				if d := difference(x, y); d != "" {
					wrong++
					t.Logf("%s\n%s", c.what, d)
				}
			}
			if t.Logf("%d of %d differ", wrong, len(changes)); wrong > 0 {
				t.Fail()
			}
		})
	}
}

// exist creates an object on both sides and returns its path.
func exist(t *testing.T, a, b side, path string, object map[string]any) string {
	t.Helper()
	for _, s := range []side{a, b} {
		if v, err := s.send("POST", path, object); err != nil || v.Code >= 300 && v.Code != 409 {
			t.Fatalf("%+v %v", v, err)
		}
	}
	meta, _ := object["metadata"].(map[string]any)
	return fmt.Sprintf("%s/%v", path, meta["name"])
}
