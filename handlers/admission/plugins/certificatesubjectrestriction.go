package plugins

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"

	certificatesv1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
)

// apiClientSigner signs certificates that the API server takes for those of clients.
const apiClientSigner = "kubernetes.io/kube-apiserver-client"

// CertificateSubjectRestriction refuses requests for a certificate of a member of system:masters, whom no authorizer can refuse.
type CertificateSubjectRestriction struct{ admission.On }

func newCertificateSubjectRestriction(*Deps) any {
	return &CertificateSubjectRestriction{admission.On{admission.Create}}
}

// Validate implements admission.Validator.
func (*CertificateSubjectRestriction) Validate(_ context.Context, a *admission.Attributes) error {
	if !a.Is("certificates.k8s.io", "certificatesigningrequests") {
		return nil
	}
	request, ok := a.Object.(*certificatesv1.CertificateSigningRequest)
	if !ok {
		return a.Forbidden(unexpected("CertificateSigningRequest", a.Object))
	}
	if request.Spec.SignerName != apiClientSigner {
		return nil
	}
	parsed, err := parseRequest(request.Spec.Request)
	if err != nil {
		return a.Forbidden(fmt.Errorf("failed to parse CSR: %w", err))
	}
	if slices.Contains(parsed.Subject.Organization, "system:masters") {
		return a.Forbidden(fmt.Errorf("use of %s signer with system:masters group is not allowed", apiClientSigner))
	}
	return nil
}

func parseRequest(b []byte) (*x509.CertificateRequest, error) {
	block, _ := pem.Decode(b)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return nil, errors.New("PEM block type must be CERTIFICATE REQUEST")
	}
	return x509.ParseCertificateRequest(block.Bytes)
}
