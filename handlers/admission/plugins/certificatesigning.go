package plugins

import (
	"bytes"
	"context"
	"fmt"

	certificatesv1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
)

// CertificateSigning lets only those set the certificate and the conditions of a request who may sign for its signer.
type CertificateSigning struct {
	admission.On
	authorizer authz.Authorizer
}

func newCertificateSigning(d *Deps) any {
	return &CertificateSigning{admission.On{admission.Update}, d.Authorizer}
}

// Validate implements admission.Validator.
func (p *CertificateSigning) Validate(ctx context.Context, a *admission.Attributes) error {
	if !a.IsSub("certificates.k8s.io", "certificatesigningrequests", "status") {
		return nil
	}
	old, ok := a.Old.(*certificatesv1.CertificateSigningRequest)
	if !ok {
		return a.Forbidden(unexpected("CertificateSigningRequest", a.Old))
	}
	request, ok := a.Object.(*certificatesv1.CertificateSigningRequest)
	if !ok {
		return a.Forbidden(unexpected("CertificateSigningRequest", a.Object))
	}
	if bytes.Equal(old.Status.Certificate, request.Status.Certificate) && object.Equal(&old.Status.Conditions, &request.Status.Conditions) {
		return nil
	}
	if !mayActFor(ctx, p.authorizer, a.User, "sign", old.Spec.SignerName) {
		return a.Forbidden(fmt.Errorf("user not permitted to sign requests with signerName %q", old.Spec.SignerName))
	}
	return nil
}
