package certificates

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	certificatesv1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1beta1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var podCertificateRequests = kind.Kind{
	Group: group, Resource: "podcertificaterequests", Strategy: podCertificate,
	Subresources: map[string]kind.Strategy{"status": podCertificateStatus},
	Cells:        kind.Cells{"podCertificateState": kind.CellOfValues(podCertificateState)},
}

type podRequest = *certificatesv1beta1.PodCertificateRequest

// podCertificate requests are immutable except for their status.
func podCertificate(_ *kind.Deps, _ resources.Row, s *resource.Strategy) {
	s.ValidateCreate = kind.Check(validatePodRequest)
	s.ValidateUpdate = kind.CheckUpdate(func(o, old podRequest) field.ErrorList { return kind.Unchanged(o.Spec, old.Spec, spec) })
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
