package main

import (
	"strings"
	"testing"
)

// accepted are the places where our documents differ from the published ones on purpose.
var accepted = []struct{ document, prefix, why string }{
	{
		"api/v1", "/paths//api/v1/namespaces/{name}/delete/responses/",
		"a namespace is answered with itself, because it is there until its content is gone; the published document says Status",
	},
}

// TestParity compares every document with the one that Kubernetes v1.36 publishes: paths, operations, parameters, schemas.
// testdata/v1.36.json.gz is what -record kept of them: structure, no prose.
func TestParity(t *testing.T) {
	theirs, err := readGolden("testdata/v1.36.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	ours, err := generated()
	if err != nil {
		t.Fatal(err)
	}
	for name := range ours {
		if theirs[name] == nil {
			t.Errorf("%s is not a published document", name)
		}
	}
	used := make([]bool, len(accepted))
differences:
	for _, d := range compareAll(ours, theirs) {
		if d.Kind == Added {
			continue
		}
		for i, a := range accepted {
			if d.Document == a.document && strings.HasPrefix(d.Path, a.prefix) {
				used[i] = true
				continue differences
			}
		}
		t.Error(d)
	}
	for i, a := range accepted {
		if !used[i] {
			t.Errorf("%s%s is no difference any more: %s", a.document, a.prefix, a.why)
		}
	}
}

// TestOperations counts what there is: the number of operations of the release, and that each has a name of its own.
func TestOperations(t *testing.T) {
	ours, err := generated()
	if err != nil {
		t.Fatal(err)
	}
	resource, other := 0, 0
	ids := map[string]string{}
	for name, d := range ours {
		for path, item := range d["paths"].(M) {
			for method, operation := range item.(M) {
				o, ok := operation.(M)
				if !ok {
					continue // the parameters of the path
				}
				id := o["operationId"].(string)
				if before, ok := ids[id]; ok {
					t.Errorf("%s is %s and %s %s in %s", id, before, method, path, name)
				}
				ids[id] = method + " " + path
				if o["x-kubernetes-action"] != nil {
					resource++
				} else {
					other++
				}
			}
		}
	}
	if resource != 1058 || other != 65 {
		t.Errorf("%d operations on resources and %d others, not 1058 and 65", resource, other)
	}
}
