package strategy

import (
	"testing"
)

// The texts are the original's, found with test/mutate.
func TestRulesOfParts(t *testing.T) {
	const store = "storage.k8s.io"
	const subdomainText = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
	runRules(t, []ruleCase{
		{"node.k8s.io", "v1", "runtimeclasses", `{scheduling: {tolerations: [{key: a}, {key: a}]}}`, "", []string{
			"handler: Required value", `scheduling.tolerations[1]: Duplicate value: {"Key":"a","Operator":"","Value":"","Effect":"","TolerationSeconds":null}`}},
		{store, "v1", "storageclasses", `{provisioner: a, reclaimPolicy: Recycle}`, "", []string{
			`reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"`}},
		{store, "v1", "storageclasses", `{provisioner: a, reclaimPolicy: ""}`, "", nil},
		{store, "v1", "volumeattachments", `{spec: {nodeName: a}}`, "", []string{
			"spec.attacher: Required value", "spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName"}},
		{store, "v1", "csidrivers", `{spec: {fsGroupPolicy: X, tokenRequests: [{audience: a, expirationSeconds: 1}, {audience: a}]}}`, "", []string{
			`spec.fsGroupPolicy: Unsupported value: "X": supported values: "File", "None", "ReadWriteOnceWithFSType"`,
			"spec.tokenRequests[0].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes",
			`spec.tokenRequests[1].audience: Duplicate value: "a"`}},
		{"autoscaling", "v2", "horizontalpodautoscalers", `{spec: {minReplicas: 0, maxReplicas: -1, scaleTargetRef: {kind: a/b, name: n, apiVersion: a/v1}, metrics: [{type: Pods, pods: {metric: {name: m}, target: {type: X}}}],
			behavior: {scaleDown: {stabilizationWindowSeconds: 4000, policies: [{type: X, value: 0, periodSeconds: 2000}]}}}}`, "", []string{
			"spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
			"spec.maxReplicas: Invalid value: -1: must be greater than or equal to 1",
			"spec.maxReplicas: Invalid value: -1: must be greater than or equal to `minReplicas`",
			`spec.scaleTargetRef.kind: Invalid value: "a/b": may not contain '/'`,
			`spec.metrics[0].pods.target.type: Invalid value: "X": must be either Utilization, Value, or AverageValue`,
			"spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue",
			"spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas",
			"spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 4000: must be less than or equal to 3600",
			`spec.behavior.scaleDown.policies[0].type: Unsupported value: "X": supported values: "Percent", "Pods"`,
			"spec.behavior.scaleDown.policies[0].value: Invalid value: 0: must be greater than zero",
			"spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 2000: must be less than or equal to 1800"}},
	})
}
