package bootstrap

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// recorded are the default objects of the reference, one a line: kubectl get of the four resources with the label
// kubernetes.io/bootstrapping=rbac-defaults, without what differs from server to server.
func recorded(t *testing.T) []json.RawMessage {
	t.Helper()
	b, err := os.ReadFile("testdata/rbac.json")
	if err != nil {
		t.Fatal(err)
	}
	var out []json.RawMessage
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// normal is an object as the recording has it.
func normal(t *testing.T, o object.Object) []byte {
	t.Helper()
	b, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	delete(m, "apiVersion")
	delete(m, "metadata")
	for k, v := range map[string]any{"namespace": o.GetNamespace(), "name": o.GetName(), "labels": o.GetLabels(), "annotations": o.GetAnnotations()} {
		if v != "" {
			m[k] = v
		}
	}
	if m["rules"] == nil {
		delete(m, "rules")
	}
	if b, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPolicyIsTheReferences(t *testing.T) {
	objects, err := policy()
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(objects, func(a, b object.Object) int {
		x, y := placeOf(a), placeOf(b)
		return cmp.Or(cmp.Compare(x.kind, y.kind), cmp.Compare(x.namespace, y.namespace), cmp.Compare(x.name, y.name))
	})
	want := recorded(t)
	if len(objects) != len(want) || len(want) != 133 {
		t.Fatalf("%d objects, %d recorded", len(objects), len(want))
	}
	for i, o := range objects {
		var m any
		if err := json.Unmarshal(want[i], &m); err != nil {
			t.Fatal(err)
		}
		w, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if got := normal(t, o); !bytes.Equal(got, w) {
			t.Errorf("%v\n got  %s\n want %s", placeOf(o), got, w)
		}
	}
}

func TestPolicyFaults(t *testing.T) {
	for text, want := range map[string]string{
		"get core pods":                          "belongs to no role",
		"clusterrole a\n get core":               "is no rule",
		"clusterrole a\n get core pods also x":   "is no rule",
		"clusterrole a\n bound group x":          "names no subjects",
		"clusterrole a\n bound to person x":      "is no subject",
		"role a/b\n aggregates x":                "is no rule",
		"clusterrole a\n get core pods,":         "is not complete",
		"clusterrole a\n\n# c\n get core a,\n b": "",
	} {
		_, err := parsePolicy(text)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
