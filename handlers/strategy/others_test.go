package strategy

import (
	"strings"
	"testing"

	resourcev1alpha3 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1alpha3"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// The texts are the original's.
func TestOtherRules(t *testing.T) {
	runRules(t, []ruleCase{})
	if got := verdict(hooks(t, "resource.k8s.io", "v1", "resourceclaims", ""), parsedClaim(t, "b"), parsedClaim(t, "a")); len(got) != 1 || !strings.HasSuffix(got[0], "field is immutable") {
		t.Errorf("%q", got)
	}
}

func parsedClaim(t *testing.T, class string) object.Object {
	return ruleCase{group: "resource.k8s.io", version: "v1", resource: "resourceclaims"}.object(t, `{spec: {devices: {requests: [{name: r, exactly: {deviceClassName: `+class+`}}]}}}`)
}

func TestOtherPreparations(t *testing.T) {
	rule, was := &resourcev1alpha3.DeviceTaintRule{}, &resourcev1alpha3.DeviceTaintRule{}
	rule.Spec.Taint.Effect = "NoExecute"
	if err := hooks(t, "resource.k8s.io", "v1alpha3", "devicetaintrules", "").PrepareForUpdate(background, attempt(), rule, was); err != nil || rule.Spec.Taint.TimeAdded == nil || !rule.Spec.Taint.TimeAdded.Time.Equal(someTime) {
		t.Errorf("%+v %v", rule.Spec.Taint, err)
	}
}
