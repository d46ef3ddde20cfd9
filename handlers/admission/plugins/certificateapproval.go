package plugins

import (
	"context"
	"fmt"

	certificatesv1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
)

// CertificateApproval lets only those approve a request who may approve for its signer.
type CertificateApproval struct {
	admission.On
	authorizer authz.Authorizer
}

func newCertificateApproval(d *Deps) any {
	return &CertificateApproval{admission.On{admission.Update}, d.Authorizer}
}

// Validate implements admission.Validator. The signer is that of the stored request: nobody chooses it on the way.
func (p *CertificateApproval) Validate(ctx context.Context, a *admission.Attributes) error {
	if !a.IsSub("certificates.k8s.io", "certificatesigningrequests", "approval") {
		return nil
	}
	old, ok := a.Old.(*certificatesv1.CertificateSigningRequest)
	if !ok {
		return a.Forbidden(unexpected("CertificateSigningRequest", a.Old))
	}
	if !mayActFor(ctx, p.authorizer, a.User, "approve", old.Spec.SignerName) {
		return a.Forbidden(fmt.Errorf("user not permitted to approve requests with signerName %q", old.Spec.SignerName))
	}
	return nil
}
