package dra

import (
	"fmt"
	"strings"
	"testing"

	resourcev1 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1"
	resourcev1alpha3 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1alpha3"
	resourcev1beta2 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1beta2"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// In v1 the model says it.
func TestClaimsDoNotChange(t *testing.T) {
	claim := func(class string) *resourcev1beta2.ResourceClaim {
		return kindtest.Parse[resourcev1beta2.ResourceClaim](t, `{spec: {devices: {requests: [{name: r, exactly: {deviceClassName: `+class+`}}]}}}`)
	}
	s := kindtest.Hooks(t, Kinds, "v1beta2", "resourceclaims", "")
	if got := kindtest.Verdict(s, claim("b"), claim("a")); len(got) != 1 || !strings.HasPrefix(got[0], "spec: Invalid value: ") || !strings.HasSuffix(got[0], "field is immutable") {
		t.Errorf("%q", got)
	}
	if got := kindtest.Verdict(s, claim("a"), claim("a")); len(got) != 0 {
		t.Errorf("%q", got)
	}
}

// The rules hold in every version that is served.
func TestSlices(t *testing.T) {
	const slice = "{spec: {driver: %s, nodeName: n, pool: {name: %s, generation: 1, resourceSliceCount: 1}}}"
	for _, version := range []string{"v1", "v1beta1", "v1beta2"} {
		kindtest.Run(t, Kinds, []kindtest.Case{
			{Version: version, Resource: "resourceslices", Object: fmt.Sprintf(slice, "a", "p"), Old: fmt.Sprintf(slice, "b", "p"), Want: []string{
				`spec.driver: Invalid value: "a": field is immutable`}},
			{Version: version, Resource: "resourceslices", Object: fmt.Sprintf(slice, "a", "p"), Old: fmt.Sprintf(slice, "a", "q"), Want: []string{
				`spec.pool.name: Invalid value: "p": field is immutable`}},
		})
	}
	s := kindtest.Hooks(t, Kinds, "v1", "resourceslices", "")
	kindtest.Warned(t, s, &resourcev1.ResourceSlice{Spec: resourcev1.ResourceSliceSpec{Driver: "a.b"}}, nil)
	kindtest.Warned(t, s, &resourcev1.ResourceSlice{Spec: resourcev1.ResourceSliceSpec{Driver: "A.b"}}, nil,
		`spec.driver: driver names should be lowercase; "A.b" contains uppercase characters`)
}

func TestTaintRulesNoteChanges(t *testing.T) {
	rule, old := &resourcev1alpha3.DeviceTaintRule{}, &resourcev1alpha3.DeviceTaintRule{}
	rule.Spec.Taint.Effect = "NoExecute"
	if err := kindtest.Hooks(t, Kinds, "v1alpha3", "devicetaintrules", "").PrepareForUpdate(t.Context(), kindtest.Attempt(), rule, old); err != nil || rule.Spec.Taint.TimeAdded == nil || !rule.Spec.Taint.TimeAdded.Time.Equal(kindtest.Time) {
		t.Errorf("%+v %v", rule.Spec.Taint, err)
	}
}
