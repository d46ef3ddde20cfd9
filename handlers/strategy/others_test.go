package strategy

import (
	"strings"
	"testing"

	resourcev1alpha3 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1alpha3"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// The texts are the original's.
func TestOtherRules(t *testing.T) {
	runRules(t, []ruleCase{
		{"autoscaling", "v2", "horizontalpodautoscalers", `{spec: {minReplicas: 5, maxReplicas: 3, scaleTargetRef: {apiVersion: v1, kind: ReplicationController, name: a}, metrics: [{type: Pods, resource: {name: cpu}, external: {metric: {name: x}, target: {type: Value, value: 1}}}]}}`, "", []string{
			"spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`",
			"spec.metrics[0].pods: Required value: must populate information for the given metric source",
			"spec.metrics[0].external: Forbidden: must populate the given metric source only",
			"spec.metrics[0].resource: Forbidden: must populate the given metric source only"}},
		{"autoscaling", "v1", "horizontalpodautoscalers", `{spec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: a}}}`, "", []string{
			`spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group`}},
		{"policy", "v1", "poddisruptionbudgets", `{spec: {minAvailable: 1, maxUnavailable: 200%}}`, "", []string{
			`spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":"200%","UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set`,
			`spec.maxUnavailable: Invalid value: "200%": must not be greater than 100%`}},
	})
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
