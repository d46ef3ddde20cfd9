package columns

import (
	"cmp"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	flowcontrolv1 "github.com/gatehouse-dev/gatehouse/gen/types/flowcontrol/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// This file has the functions of what configures the server itself: admission policies, flow control, API services.

// paramRef gets name, namespace and selector of a binding's parameters. Whether parameters have a namespace is not known
// here, so a name without one stands for all.
func paramRef(v values, _ time.Time) any {
	if name := v.Text(0); name != "" {
		return firstText(v.Text(1), "*") + "/" + name
	}
	if selector, ok := v[2].(*metav1.LabelSelector); ok {
		return selector.String()
	}
	return "<unset>"
}

// serviceAvailable gets status and reason of the condition Available.
func serviceAvailable(v values, _ time.Time) any {
	status, reason := v.Text(0), v.Text(1)
	switch {
	case v[0] == nil:
		return "Unknown"
	case status != "True" && reason != "":
		return status + " (" + reason + ")"
	}
	return status
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
