package certificates

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	certificatesv1beta1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1beta1"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

const podRequests = "podcertificaterequests"

func podRequestFor(key ed25519.PrivateKey) podRequest {
	o := &certificatesv1beta1.PodCertificateRequest{}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil
	}
	o.Spec = certificatesv1beta1.PodCertificateRequestSpec{
		SignerName: "a.b/c", PodName: "p", PodUID: "1", ServiceAccountName: "s", ServiceAccountUID: "2", NodeName: "n", NodeUID: "3",
		MaxExpirationSeconds: new(int32(86400)), PKIXPublicKey: public, ProofOfPossession: ed25519.Sign(key, []byte("1")),
	}
	return o
}

func TestPodRequests(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := kindtest.Hooks(t, Kinds, "v1beta1", podRequests, "")
	for _, c := range []struct {
		change func(*certificatesv1beta1.PodCertificateRequestSpec)
		want   []string
	}{
		{func(*certificatesv1beta1.PodCertificateRequestSpec) {}, []string{}},
		{func(p *certificatesv1beta1.PodCertificateRequestSpec) { p.PodUID = "other" }, []string{"spec.proofOfPossession: Invalid value: could not verify proof-of-possession signature"}},
		{func(p *certificatesv1beta1.PodCertificateRequestSpec) { p.ProofOfPossession = nil }, []string{"spec: Invalid value: exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set"}},
		{func(p *certificatesv1beta1.PodCertificateRequestSpec) {
			p.SignerName = "kubernetes.io/x"
			*p.MaxExpirationSeconds = 86401
		},
			[]string{"spec.maxExpirationSeconds: Invalid value: 86401: must be in the range [3600, 86400]"}},
		{func(p *certificatesv1beta1.PodCertificateRequestSpec) { p.NodeUID = "" }, []string{`spec.nodeUID: Invalid value: "": must not be empty`}},
		{func(p *certificatesv1beta1.PodCertificateRequestSpec) {
			p.PKIXPublicKey, p.ProofOfPossession, p.StubPKCS10Request = nil, nil, []byte("x")
		}, []string{"spec.stubPKCS10Request: Invalid value: must be a valid PKCS#10 CSR"}},
	} {
		o := podRequestFor(key)
		c.change(&o.Spec)
		if got := kindtest.Verdict(s, o, nil); !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// A certificate is for the key that was asked for, and its times stand beside it.
func TestPodCertificates(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issue := func(public any, life time.Duration) podRequest {
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: kindtest.Time, NotAfter: kindtest.Time.Add(life)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, public, other)
		if err != nil {
			t.Fatal(err)
		}
		at := func(d time.Duration) *metav1.Time { return &metav1.Time{Time: kindtest.Time.Add(d)} }
		o := podRequestFor(key)
		o.Status = certificatesv1beta1.PodCertificateRequestStatus{
			Conditions:       []metav1.Condition{{Type: "Issued", Status: "True", Reason: "R", LastTransitionTime: *at(0)}},
			CertificateChain: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), NotBefore: at(0), NotAfter: at(life), BeginRefreshAt: at(life / 2),
		}
		return o
	}
	s := kindtest.Hooks(t, Kinds, "v1beta1", podRequests, "status")
	good := issue(key.Public(), 2*time.Hour)
	late := object.Copy(good)
	late.Status.BeginRefreshAt = late.Status.NotAfter
	wordless := object.Copy(good)
	wordless.Status.NotBefore, wordless.Status.CertificateChain = nil, good.Status.CertificateChain
	denied := object.Copy(good)
	denied.Status.Conditions[0].Type = "Denied"
	chain := issue(other.Public(), 2*time.Hour)
	for name, c := range map[string]struct {
		o, old podRequest
		want   []string
	}{
		"good":    {good, podRequestFor(key), []string{}},
		"again":   {late, good, []string{"status: Invalid value: immutable after PodCertificateRequest is issued, denied, or failed"}},
		"another": {chain, podRequestFor(key), []string{"status.certificateChain: Invalid value: \"" + quoted(chain.Status.CertificateChain) + "\": leaf certificate was not issued to the requested public key"}},
		"no time": {wordless, podRequestFor(key), []string{"status.notBefore: Required value: must be present and consistent with the issued certificate"}},
		"denied":  {denied, podRequestFor(key), []string{"status: Invalid value: non-condition status fields must be empty when denying or failing the PodCertificateRequest"}},
	} {
		if got := kindtest.Verdict(s, c.o, c.old); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func quoted(s string) string {
	out := ""
	for _, r := range s {
		if r == '\n' {
			out += `\n`
			continue
		}
		out += string(r)
	}
	return out
}

// signer may sign for one signer, or one domain of signers.
type signer string

func (s signer) Authorize(_ context.Context, a authz.Attributes) (authz.Decision, string, error) {
	if a.IsResource && a.Verb == "sign" && a.Resource == "signers" && a.Group == group && a.Name == string(s) {
		return authz.Allow, "", nil
	}
	return authz.NoOpinion, "", nil
}

// Whoever ends a request may sign for its signer.
func TestSigningRight(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		allowed string
		refused bool
	}{{"a.b/c", false}, {"a.b/*", false}, {"x.y/*", true}} {
		d := kind.Deps{Now: func() time.Time { return kindtest.Time }, Authorizer: signer(c.allowed)}
		s := kindtest.HooksWith(t, Kinds, d, "v1beta1", podRequests, "status")
		o, old := podRequestFor(key), podRequestFor(key)
		o.Status.Conditions = []metav1.Condition{{Type: "Denied", Status: "True", Reason: "R", LastTransitionTime: metav1.Time{Time: kindtest.Time}}}
		err := s.PrepareStatus(t.Context(), &resource.Attempt{Namespace: "ns", User: &resource.UserInfo{Name: "ann"}}, o, old)
		if (err != nil) != c.refused {
			t.Errorf("with %s: %v", c.allowed, err)
		}
	}
}
