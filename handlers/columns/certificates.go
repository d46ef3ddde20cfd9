package columns

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	certificatesv1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1"
)

// signingState says how far a request has come; a denial outweighs an approval.
func signingState(r *certificatesv1.CertificateSigningRequest) string {
	state, failed := "Pending", ""
	for _, c := range r.Status.Conditions {
		switch {
		case c.Type == "Denied", c.Type == "Approved" && state != "Denied":
			state = c.Type
		case c.Type == "Failed":
			failed = ",Failed"
		}
	}
	if len(r.Status.Certificate) > 0 {
		failed += ",Issued"
	}
	return state + failed
}

// podCertificateState gets the conditions.
func podCertificateState(v values, _ time.Time) any {
	conditions, _ := v[0].([]metav1.Condition)
	state := "Pending"
	for _, c := range conditions {
		if c.Type == "Issued" || c.Type == "Denied" || c.Type == "Failed" {
			state = c.Type
		}
	}
	return state
}
