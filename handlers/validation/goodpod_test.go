package validation_test

import (
	"encoding/json"
	"os"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// An object that is all right does not need the library: that is what the quick walk is for.
func TestGoodPod(t *testing.T) {
	b, err := os.ReadFile("testdata/pod.json")
	if err != nil {
		t.Fatal(err)
	}
	kind := schema.GroupVersionKind{Version: "v1", Kind: "Pod"}
	o := resources.Kinds[kind]()
	if err := json.Unmarshal(b, o); err != nil {
		t.Fatal(err)
	}
	kinds.Default(kind)(o.(object.Object))
	if !kinds.FieldRules().IsGood(o) {
		t.Error("the library is asked about a good pod")
	}
}
