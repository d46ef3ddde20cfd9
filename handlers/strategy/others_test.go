package strategy

import (
	"strings"
	"testing"

	apiextensionsv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiextensions/v1"
	apiregistrationv1 "github.com/gatehouse-dev/gatehouse/gen/types/apiregistration/v1"
	resourcev1alpha3 "github.com/gatehouse-dev/gatehouse/gen/types/resource/v1alpha3"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

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
		{"apiregistration.k8s.io", "v1", "apiservices", `{metadata: {name: v1.foo}, spec: {group: foo.x, version: v1}}`, "", []string{
			"metadata.name: Invalid value: \"v1.foo\": must be `spec.version+\".\"+spec.group`: \"v1.foo.x\"",
			"spec.groupPriorityMinimum: Invalid value: 0: must be positive and less than 20000",
			"spec.versionPriority: Invalid value: 0: must be positive and less than 1000"}},
		{"apiextensions.k8s.io", "v1", "customresourcedefinitions", `{metadata: {name: a}, spec: {group: g, names: {plural: p}}}`, "", []string{
			`metadata.name: Invalid value: "a": must be spec.names.plural+"."+spec.group`}},
		{"storage.k8s.io", "v1", "volumeattributesclasses", `{driverName: b, parameters: {a: c}}`, `{driverName: a, parameters: {a: b}}`, []string{
			"driverName: Forbidden: updates to driverName are forbidden.", "parameters: Forbidden: updates to parameters are forbidden."}},
		{"storage.k8s.io", "v1", "csidrivers", `{spec: {attachRequired: true}}`, `{spec: {attachRequired: false}}`, []string{"spec.attachedRequired: Invalid value: true: field is immutable"}},
		{"storage.k8s.io", "v1", "csinodes", `{spec: {drivers: [{name: a, nodeID: new, allocatable: {count: 3}}]}}`, `{spec: {drivers: [{name: a, nodeID: x}]}}`, []string{
			`spec.drivers: Invalid value: {"Name":"a","NodeID":"new","TopologyKeys":null,"Allocatable":null}: field is immutable`}},
	})
	if got := verdict(hooks(t, "resource.k8s.io", "v1", "resourceclaims", ""), parsedClaim(t, "b"), parsedClaim(t, "a")); len(got) != 1 || !strings.HasSuffix(got[0], "field is immutable") {
		t.Errorf("%q", got)
	}
}

func parsedClaim(t *testing.T, class string) object.Object {
	return ruleCase{group: "resource.k8s.io", version: "v1", resource: "resourceclaims"}.object(t, `{spec: {devices: {requests: [{name: r, exactly: {deviceClassName: `+class+`}}]}}}`)
}

func TestOtherPreparations(t *testing.T) {
	crd := &apiextensionsv1.CustomResourceDefinition{}
	crd.Spec.Versions = []apiextensionsv1.CustomResourceDefinitionVersion{{Name: "v1"}, {Name: "v2", Storage: true}}
	s := hooks(t, "apiextensions.k8s.io", "v1", "customresourcedefinitions", "")
	for range 2 {
		if err := s.PrepareForUpdate(background, attempt(), crd, crd); err != nil || len(crd.Status.StoredVersions) != 1 || crd.Status.StoredVersions[0] != "v2" {
			t.Errorf("%v %v", crd.Status.StoredVersions, err)
		}
	}
	local := &apiregistrationv1.APIService{}
	if err := hooks(t, "apiregistration.k8s.io", "v1", "apiservices", "").PrepareForCreate(background, attempt(), local); err != nil || local.Status.Conditions[0].Reason != "Local" {
		t.Errorf("%+v %v", local.Status, err)
	}
	driver, old := &storagev1.CSIDriver{}, &storagev1.CSIDriver{}
	driver.Spec.FSGroupPolicy = new("None")
	if err := hooks(t, "storage.k8s.io", "v1", "csidrivers", "").PrepareForUpdate(background, attempt(), driver, old); err != nil || driver.Generation != 1 {
		t.Errorf("%d %v", driver.Generation, err)
	}
	rule, was := &resourcev1alpha3.DeviceTaintRule{}, &resourcev1alpha3.DeviceTaintRule{}
	rule.Spec.Taint.Effect = "NoExecute"
	if err := hooks(t, "resource.k8s.io", "v1alpha3", "devicetaintrules", "").PrepareForUpdate(background, attempt(), rule, was); err != nil || rule.Spec.Taint.TimeAdded == nil || !rule.Spec.Taint.TimeAdded.Time.Equal(someTime) {
		t.Errorf("%+v %v", rule.Spec.Taint, err)
	}
}
