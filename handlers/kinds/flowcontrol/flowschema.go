package flowcontrol

import (
	"cmp"

	flowcontrolv1 "github.com/gatehouse-dev/gatehouse/gen/types/flowcontrol/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

var flowSchemas = kind.Kind{
	Group: "flowcontrol.apiserver.k8s.io", Resource: "flowschemas", Compare: byPrecedence,
}

// byPrecedence is the order in which flow schemas are tried; lists show them so.
func byPrecedence(a, b object.Object) int {
	x, ok := a.(*flowcontrolv1.FlowSchema)
	y, both := b.(*flowcontrolv1.FlowSchema)
	if !ok || !both {
		return 0
	}
	return cmp.Or(cmp.Compare(x.Spec.MatchingPrecedence, y.Spec.MatchingPrecedence), cmp.Compare(x.Name, y.Name))
}
