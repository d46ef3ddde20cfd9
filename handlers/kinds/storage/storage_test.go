package storage

import (
	"testing"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
	storagev1 "github.com/gatehouse-dev/gatehouse/gen/types/storage/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// The texts are upstream's, found with test/mutate.
func TestRules(t *testing.T) {
	kindtest.Run(t, Kinds, []kindtest.Case{
		{Version: "v1", Resource: "volumeattributesclasses", Object: `{driverName: b, parameters: {a: c}}`, Old: `{driverName: a, parameters: {a: b}}`, Want: []string{
			"driverName: Forbidden: updates to driverName are forbidden.", "parameters: Forbidden: updates to parameters are forbidden."}},
		{Version: "v1", Resource: "csidrivers", Object: `{spec: {attachRequired: true}}`, Old: `{spec: {attachRequired: false}}`, Want: []string{"spec.attachedRequired: Invalid value: true: field is immutable"}},
		{Version: "v1", Resource: "csinodes", Object: `{spec: {drivers: [{name: a, nodeID: new, allocatable: {count: 3}}]}}`, Old: `{spec: {drivers: [{name: a, nodeID: x}]}}`, Want: []string{
			`spec.drivers: Invalid value: {"Name":"a","NodeID":"new","TopologyKeys":null,"Allocatable":null}: field is immutable`}},
		{Version: "v1", Resource: "storageclasses", Object: `{provisioner: a, reclaimPolicy: Recycle}`, Want: []string{
			`reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"`}},
		{Version: "v1", Resource: "storageclasses", Object: `{provisioner: a, reclaimPolicy: ""}`},
		{Version: "v1", Resource: "volumeattachments", Object: `{spec: {nodeName: a}}`, Want: []string{
			"spec.attacher: Required value", "spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName"}},
		{Version: "v1", Resource: "csidrivers", Object: `{spec: {fsGroupPolicy: X, tokenRequests: [{audience: a, expirationSeconds: 1}, {audience: a}]}}`, Want: []string{
			`spec.fsGroupPolicy: Unsupported value: "X": supported values: "File", "None", "ReadWriteOnceWithFSType"`,
			"spec.tokenRequests[0].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes",
			`spec.tokenRequests[1].audience: Duplicate value: "a"`}},
	})
}

func TestTopologies(t *testing.T) {
	errs := validateStorageClass(&storagev1.StorageClass{Provisioner: "p", AllowedTopologies: []corev1.TopologySelectorTerm{
		{MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: "a", Values: []string{"1", "2"}}, {Key: "b", Values: []string{"1"}}}},
		{MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: "b", Values: []string{"1"}}, {Key: "a", Values: []string{"2", "1"}}}},
		{MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: "a", Values: []string{"1", "1"}}}},
	}})
	if len(errs) != 2 || errs[0].Field != "allowedTopologies[1].matchLabelExpressions" || errs[1].Field != "allowedTopologies[2].matchLabelExpressions[0].values[1]" {
		t.Error(errs)
	}
}

func TestGenerationOfDrivers(t *testing.T) {
	driver, old := &storagev1.CSIDriver{}, &storagev1.CSIDriver{}
	driver.Spec.FSGroupPolicy = new("None")
	if err := kindtest.Hooks(t, Kinds, "v1", "csidrivers", "").PrepareForUpdate(t.Context(), kindtest.Attempt(), driver, old); err != nil || driver.Generation != 1 {
		t.Errorf("%d %v", driver.Generation, err)
	}
}

func TestWarnings(t *testing.T) {
	const tokens = "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes"
	drivers := kindtest.Hooks(t, Kinds, "v1", "csidrivers", "")
	driver := kindtest.Parse[storagev1.CSIDriver](t, "{spec: {tokenRequests: [{audience: a}]}}")
	kindtest.Warned(t, drivers, driver, nil, tokens)
	kindtest.Warned(t, drivers, driver, &storagev1.CSIDriver{}, tokens)
	kindtest.Warned(t, drivers, driver, &storagev1.CSIDriver{Spec: storagev1.CSIDriverSpec{TokenRequests: []storagev1.TokenRequest{{Audience: "a"}}}})
	kindtest.Warned(t, drivers, kindtest.Parse[storagev1.CSIDriver](t, "{spec: {serviceAccountTokenInSecrets: false, tokenRequests: [{audience: a}]}}"), nil)

	class := kindtest.Parse[storagev1.StorageClass](t, "{allowedTopologies: [{matchLabelExpressions: [{key: x}, {key: beta.kubernetes.io/os}]}]}")
	kindtest.Warned(t, kindtest.Hooks(t, Kinds, "v1", "storageclasses", ""), class, nil,
		`allowedTopologies[0].matchLabelExpressions[1].key: deprecated since v1.14; use "kubernetes.io/os" instead`)
	capacity := kindtest.Parse[storagev1.CSIStorageCapacity](t, "{nodeTopology: {matchLabels: {beta.kubernetes.io/os: x}}}")
	kindtest.Warned(t, kindtest.Hooks(t, Kinds, "v1", "csistoragecapacities", ""), capacity, nil,
		`nodeTopology.matchLabels.beta.kubernetes.io/os: deprecated since v1.14; use "kubernetes.io/os" instead`)
}
