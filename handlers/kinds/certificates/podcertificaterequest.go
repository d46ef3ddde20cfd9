package certificates

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

var podCertificateRequests = kind.Kind{
	Group: group, Resource: "podcertificaterequests", Strategy: kind.Fixed("spec"),
	Cells: kind.Cells{"podCertificateState": kind.CellOfValues(podCertificateState)},
}

// podCertificateState gets the conditions.
func podCertificateState(v kind.Values, _ time.Time) any {
	conditions, _ := v[0].([]metav1.Condition)
	state := "Pending"
	for _, c := range conditions {
		if c.Type == "Issued" || c.Type == "Denied" || c.Type == "Failed" {
			state = c.Type
		}
	}
	return state
}
