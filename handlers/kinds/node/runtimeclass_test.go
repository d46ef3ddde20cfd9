package node

import (
	"testing"

	nodev1 "github.com/gatehouse-dev/gatehouse/gen/types/node/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
)

// The texts are upstream's, found with test/mutate.
func TestRules(t *testing.T) {
	kindtest.Run(t, Kinds, []kindtest.Case{
		{Version: "v1", Resource: "runtimeclasses", Object: `{scheduling: {tolerations: [{key: a}, {key: a}]}}`, Want: []string{
			"handler: Required value", `scheduling.tolerations[1]: Duplicate value: {"Key":"a","Operator":"","Value":"","Effect":"","TolerationSeconds":null}`}},
		{Version: "v1", Resource: "runtimeclasses", Object: `{handler: h, scheduling: {tolerations: [{key: a, effect: NoExecute, tolerationSeconds: 1}, {key: b}, {key: a, effect: NoExecute, tolerationSeconds: 2}]}}`, Want: []string{
			`scheduling.tolerations[2]: Duplicate value: {"Key":"a","Operator":"","Value":"","Effect":"NoExecute","TolerationSeconds":2}`}},
	})
}

func TestWarnings(t *testing.T) {
	class := kindtest.Parse[nodev1.RuntimeClass](t, "{scheduling: {nodeSelector: {beta.kubernetes.io/arch: x, a: b}}}")
	kindtest.Warned(t, kindtest.Hooks(t, Kinds, "v1", "runtimeclasses", ""), class, nil,
		`scheduling.nodeSelector: deprecated since v1.14; use "kubernetes.io/arch" instead`)
}
