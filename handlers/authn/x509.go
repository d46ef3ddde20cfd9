package authn

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"k8s.io/utils/lru"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// CredentialID is the extra of a user that tells which credential was shown.
const CredentialID = "authentication.kubernetes.io/credential-id"

// userUID is the attribute of a certificate's subject that is the user's uid.
var userUID = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57683, 2}

// X509 accepts client certificates that an authority has signed for client authentication: the common name is the user,
// the organizations are the groups. Make one with NewX509.
type X509 struct {
	uids  bool
	roots func() *x509.CertPool
	// verified has whom certificates belong to that were found good, by their hash: a client shows the same one with every
	// request, and checking its signatures would take longer than everything else that is done to let it in.
	verified *lru.Cache
	// hashes has the hashes of certificates by where they lie: all requests of a connection have the same one. It keeps them in
	// memory, so a stranger's is never in it.
	hashes *lru.Cache
}

// knownCertificates is how many certificates are remembered, recentCertificates of how many the hash is.
const knownCertificates, recentCertificates = 4096, 256

// verifiedCertificate is one that roots have signed, until it or one of its authorities ends.
type verifiedCertificate struct {
	roots *x509.CertPool
	until time.Time
	user  resource.UserInfo
}

// NewX509 takes the authorities from roots at every request, so that they can change. Nil are none. With uids a
// certificate may tell the uid of its user.
func NewX509(roots func() *x509.CertPool, uids bool) *X509 {
	return &X509{roots: roots, uids: uids, verified: lru.New(knownCertificates), hashes: lru.New(recentCertificates)}
}

// Authenticate verifies the certificate that the TLS handshake left on the connection. The handshake itself only asks for
// one, so that a stranger's certificate does not keep a valid token from being used.
func (a *X509) Authenticate(r *http.Request) (*resource.UserInfo, error) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil, ErrNoCredentials
	}
	roots := a.roots()
	if roots == nil {
		return nil, ErrNoCredentials
	}
	leaf := r.TLS.PeerCertificates[0]
	hash, hashed := a.hash(leaf)
	if known, ok := a.verified.Get(hash); ok {
		if v := known.(*verifiedCertificate); v.roots == roots && time.Now().Before(v.until) {
			if !hashed {
				a.hashes.Add(leaf, hash)
			}
			user := v.user
			return &user, nil
		}
	}
	chain, err := verify(r.TLS.PeerCertificates, roots)
	if err != nil {
		return nil, fmt.Errorf("verifying certificate %s failed: %w", describe(leaf), err)
	}
	if leaf.Subject.CommonName == "" {
		return nil, ErrNoCredentials
	}
	uid := ""
	if a.uids {
		if uid, err = uidOf(leaf); err != nil {
			return nil, err
		}
	}
	user := resource.UserInfo{
		Name: leaf.Subject.CommonName, UID: uid, Groups: leaf.Subject.Organization,
		Extra: map[string][]string{CredentialID: {"X509SHA256=" + hex.EncodeToString(hash[:])}},
	}
	v := &verifiedCertificate{roots: roots, until: leaf.NotAfter, user: user}
	for _, c := range chain {
		if c.NotAfter.Before(v.until) {
			v.until = c.NotAfter
		}
	}
	a.verified.Add(hash, v)
	return &user, nil
}

// hash is what a certificate is known by; known says that it was remembered.
func (a *X509) hash(c *x509.Certificate) (hash [sha256.Size]byte, known bool) {
	if kept, ok := a.hashes.Get(c); ok {
		return kept.([sha256.Size]byte), true
	}
	return sha256.Sum256(c.Raw), false
}

// verify is a chain from the first certificate, through the others if need be, to one of roots.
func verify(shown []*x509.Certificate, roots *x509.CertPool) ([]*x509.Certificate, error) {
	options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	for _, c := range shown[1:] {
		options.Intermediates.AddCert(c)
	}
	chains, err := shown[0].Verify(options)
	if err != nil {
		return nil, err
	}
	return chains[0], nil
}

func uidOf(c *x509.Certificate) (string, error) {
	var uid string
	seen := 0
	for _, name := range c.Subject.Names {
		if !name.Type.Equal(userUID) {
			continue
		}
		s, ok := name.Value.(string)
		if !ok {
			return "", errors.New("unable to parse UID into a string")
		}
		if s == "" {
			return "", errors.New("UID cannot be an empty string")
		}
		uid = s
		seen++
	}
	if seen > 1 {
		return "", fmt.Errorf("expected 1 UID, but found %d", seen)
	}
	return uid, nil
}

// describe names a certificate without anything that its owner could have made up to look like more.
func describe(c *x509.Certificate) string {
	return fmt.Sprintf("SN=%d, SKID=%s, AKID=%s", c.SerialNumber, colons(c.SubjectKeyId), colons(c.AuthorityKeyId))
}

func colons(b []byte) string {
	parts := make([]string, len(b))
	for i, x := range b {
		parts[i] = fmt.Sprintf("%02X", x)
	}
	return strings.Join(parts, ":")
}
