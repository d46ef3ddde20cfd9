package admissionregistration

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

var bindingCells = kind.Cells{"paramRef": kind.CellOfValues(paramRef)}

// paramRef gets name, namespace and selector of a binding's parameters. Whether parameters have a namespace is not known
// here, so a name without one stands for all.
func paramRef(v kind.Values, _ time.Time) any {
	if name := v.Text(0); name != "" {
		return kind.FirstText(v.Text(1), "*") + "/" + name
	}
	if selector, ok := v[2].(*metav1.LabelSelector); ok {
		return selector.String()
	}
	return "<unset>"
}
