package authn

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// X509 accepts client certificates that one of Roots has signed for client authentication: the common name is the user,
// the organizations are the groups.
type X509 struct {
	Roots *x509.CertPool
}

// Authenticate verifies the certificate that the TLS handshake left on the connection. The handshake itself only asks for
// one, so that a stranger's certificate does not keep a valid token from being used.
func (a X509) Authenticate(r *http.Request) (*resource.UserInfo, error) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil, ErrNoCredentials
	}
	leaf := r.TLS.PeerCertificates[0]
	options := x509.VerifyOptions{Roots: a.Roots, Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, CurrentTime: time.Now()}
	for _, c := range r.TLS.PeerCertificates[1:] {
		options.Intermediates.AddCert(c)
	}
	if _, err := leaf.Verify(options); err != nil {
		return nil, fmt.Errorf("verifying client certificate of %q (issuer %q): %w", leaf.Subject, leaf.Issuer, err)
	}
	if leaf.Subject.CommonName == "" {
		return nil, ErrNoCredentials
	}
	return authenticated(resource.UserInfo{Name: leaf.Subject.CommonName, Groups: leaf.Subject.Organization}), nil
}
