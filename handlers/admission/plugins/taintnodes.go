package plugins

import (
	"context"
	"fmt"
	"slices"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

// Taints of nodes that are not as they should be, and their effects.
const (
	nodeNotReady       = "node.kubernetes.io/not-ready"
	nodeUnreachable    = "node.kubernetes.io/unreachable"
	nodeMemoryPressure = "node.kubernetes.io/memory-pressure"
	noSchedule         = "NoSchedule"
	noExecute          = "NoExecute"
)

// TaintNodesByCondition keeps pods away from new nodes until the node controller has seen that they are ready.
type TaintNodesByCondition struct{ admission.On }

func newTaintNodes(*Deps) any { return &TaintNodesByCondition{admission.On{admission.Create}} }

// Admit implements admission.Mutator.
func (*TaintNodesByCondition) Admit(_ context.Context, a *admission.Attributes) error {
	if !a.Is("", "nodes") {
		return nil
	}
	node, ok := a.Object.(*corev1.Node)
	if !ok {
		return a.Forbidden(fmt.Errorf("unexpected type %T", a.Object))
	}
	is := func(t corev1.Taint) bool { return t.Key == nodeNotReady && t.Effect == noSchedule }
	if !slices.ContainsFunc(node.Spec.Taints, is) {
		node.Spec.Taints = append(node.Spec.Taints, corev1.Taint{Key: nodeNotReady, Effect: noSchedule})
	}
	return nil
}
