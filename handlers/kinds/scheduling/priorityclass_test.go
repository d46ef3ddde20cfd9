package scheduling

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// The texts are upstream's.
func TestPriorityClasses(t *testing.T) {
	kindtest.Run(t, Kinds, []kindtest.Case{
		{Version: "v1", Resource: "priorityclasses", Object: `{metadata: {name: system-x}, value: 5}`, Want: []string{
			"metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class"}},
		{Version: "v1", Resource: "priorityclasses", Object: `{metadata: {name: x}, value: 2000000000}`, Want: []string{"value: Forbidden: maximum allowed value of a user defined priority is 1000000000"}},
		{Version: "v1", Resource: "priorityclasses", Object: `{metadata: {name: system-node-critical}, value: 2000001000}`, Want: nil},
		{Version: "v1", Resource: "priorityclasses", Object: `{metadata: {name: x}, preemptionPolicy: ""}`, Want: []string{"preemptionPolicy: Required value"}},
		{Version: "v1", Resource: "priorityclasses", Object: `{metadata: {name: x}, preemptionPolicy: x}`, Want: []string{
			`preemptionPolicy: Unsupported value: "x": supported values: "PreemptLowerPriority", "Never"`}},
		{Version: "v1", Resource: "priorityclasses", Object: `{metadata: {name: x}, value: 2}`, Old: `{metadata: {name: x}, value: 1}`, Want: []string{"value: Forbidden: may not be changed in an update."}},
	})
	if kindtest.Hooks(t, Kinds, "v1", "priorityclasses", "").Changed(nil, nil) {
		t.Error("a priority class gets a new generation")
	}
}
