package apiregistration

import (
	"testing"

	apiregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiregistration/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// The texts are upstream's, found with test/mutate.
func TestRules(t *testing.T) {
	kindtest.Run(t, Kinds, []kindtest.Case{
		{Version: "v1", Resource: "apiservices", Object: `{metadata: {name: v1.foo}, spec: {group: foo.x, version: v1}}`, Want: []string{
			"metadata.name: Invalid value: \"v1.foo\": must be `spec.version+\".\"+spec.group`: \"v1.foo.x\"",
			"spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000",
			"spec.versionPriority: Invalid value: 0: must be positive and less than 1000"}},
	})
}

func TestLocalServicesAreAvailable(t *testing.T) {
	local := &apiregistrationv1.APIService{}
	if err := kindtest.Hooks(t, Kinds, "v1", "apiservices", "").PrepareForCreate(t.Context(), kindtest.Attempt(), local); err != nil || local.Status.Conditions[0].Reason != "Local" {
		t.Errorf("%+v %v", local.Status, err)
	}
}
