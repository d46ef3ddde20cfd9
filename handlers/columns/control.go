package columns

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
