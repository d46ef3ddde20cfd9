package autoscaling

import (
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// The texts are upstream's.
func TestRules(t *testing.T) {
	kindtest.Run(t, Kinds, []kindtest.Case{
		kindtest.New("v2", "horizontalpodautoscalers", `{spec: {minReplicas: 0, maxReplicas: -1, scaleTargetRef: {kind: a/b, name: n, apiVersion: a/v1}, metrics: [{type: Pods, pods: {metric: {name: m}, target: {type: X}}}],
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
			"spec.behavior.scaleDown.policies[0].periodSeconds: Invalid value: 2000: must be less than or equal to 1800"}),
		kindtest.New("v2", "horizontalpodautoscalers", `{spec: {minReplicas: 5, maxReplicas: 3, scaleTargetRef: {apiVersion: v1, kind: ReplicationController, name: a}, metrics: [{type: Pods, resource: {name: cpu}, external: {metric: {name: x}, target: {type: Value, value: 1}}}]}}`, "", []string{
			"spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`",
			"spec.metrics[0].pods: Required value: must populate information for the given metric source",
			"spec.metrics[0].external: Forbidden: must populate the given metric source only",
			"spec.metrics[0].resource: Forbidden: must populate the given metric source only"}),
		kindtest.New("v1", "horizontalpodautoscalers", `{spec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: a}}}`, "", []string{
			`spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group`}),
	})
}
