package certificates

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	certificatesv1 "github.com/gatehouse-dev/gatehouse/gen/types/certificates/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kindtest"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

func request(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "a"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}

func TestSigningRequests(t *testing.T) {
	const name = "certificatesigningrequests"
	s := kindtest.Hooks(t, Kinds, "v1", name, "")
	o := &certificatesv1.CertificateSigningRequest{}
	o.Spec = certificatesv1.CertificateSigningRequestSpec{Username: "forged", Groups: []string{"system:masters"}, Request: request(t), SignerName: "a.b/c", Usages: []string{"client auth"}}
	a := &resource.Attempt{User: &resource.UserInfo{Name: "ann", UID: "1", Groups: []string{"g"}, Extra: map[string][]string{"k": {"v"}}}}
	if err := s.PrepareForCreate(t.Context(), a, o); err != nil {
		t.Fatal(err)
	}
	if o.Spec.Username != "ann" || o.Spec.UID != "1" || o.Spec.Groups[0] != "g" || o.Spec.Extra["k"][0] != "v" {
		t.Errorf("%+v", o.Spec)
	}
	if got := kindtest.Verdict(s, o, nil); len(got) > 0 {
		t.Errorf("%q", got)
	}
	bad := &certificatesv1.CertificateSigningRequest{Spec: certificatesv1.CertificateSigningRequestSpec{Request: []byte("a"), SignerName: "foo", Usages: []string{"x", "x"}, ExpirationSeconds: new(int32(5))}}
	unknown := func(i int) string {
		return fmt.Sprintf(`spec.usages[%d]: Unsupported value: "x": supported values: "%s"`, i, strings.Join(usages, `", "`))
	}
	want := []string{`spec.request: Invalid value: "YQ==": PEM block type must be CERTIFICATE REQUEST`, unknown(0), unknown(1), `spec.usages[1]: Duplicate value: "x"`,
		`spec.signerName: Invalid value: "foo": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
		"spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 600 seconds (10 minutes)"}
	if got := kindtest.Verdict(s, bad, nil); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}

	approve := kindtest.Hooks(t, Kinds, "v1", name, "approval")
	approved := object.Copy(o)
	approved.Spec.SignerName = "changed/x"
	approved.Status.Certificate = []byte("x")
	approved.Status.Conditions = []certificatesv1.CertificateSigningRequestCondition{{Type: "Approved", Status: "True"}}
	if err := approve.PrepareForUpdate(t.Context(), kindtest.Attempt(), approved, o); err != nil {
		t.Fatal(err)
	}
	if c := approved.Status.Conditions[0]; approved.Spec.SignerName != "a.b/c" || approved.Status.Certificate != nil || !c.LastUpdateTime.Time.Equal(kindtest.Time) || !c.LastTransitionTime.Time.Equal(kindtest.Time) {
		t.Errorf("%+v", approved)
	}
	if got := kindtest.Verdict(approve, approved, o); len(got) > 0 {
		t.Errorf("%q", got)
	}
	both := object.Copy(approved)
	both.Status.Conditions = append(both.Status.Conditions, certificatesv1.CertificateSigningRequestCondition{Type: "Denied", Status: "False"})
	if got := kindtest.Verdict(approve, both, approved); !slices.Equal(got, []string{`status.conditions[1].status: Unsupported value: "False": supported values: "True"`,
		`status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive`}) {
		t.Errorf("%q", got)
	}

	status := kindtest.Hooks(t, Kinds, "v1", name, "status")
	signed := object.Copy(o)
	signed.Status.Certificate = []byte("x")
	signed.Status.Conditions = approved.Status.Conditions
	if got := kindtest.Verdict(status, signed, o); !slices.Equal(got, []string{`status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block`,
		`status.conditions: Forbidden: updates may not add a condition of type "Approved"`}) {
		t.Errorf("%q", got)
	}
	removed := object.Copy(approved)
	removed.Status.Conditions = nil
	if got := kindtest.Verdict(status, removed, approved); !slices.Equal(got, []string{`status.conditions: Forbidden: updates may not remove a condition of type "Approved"`}) {
		t.Errorf("%q", got)
	}
	changedBySomebody := object.Copy(approved)
	changedBySomebody.Status.Conditions[0].Message = "lost"
	if err := status.PrepareStatus(t.Context(), kindtest.Attempt(), changedBySomebody, approved); err != nil || changedBySomebody.Status.Conditions[0].Message != "" {
		t.Errorf("%+v %v", changedBySomebody.Status, err)
	}
	main := object.Copy(o)
	main.Spec.Username = "other"
	if err := s.PrepareForUpdate(t.Context(), kindtest.Attempt(), main, approved); err != nil || main.Spec.Username != "ann" || len(main.Status.Conditions) != 1 {
		t.Errorf("%+v %v", main, err)
	}
}

func TestCertificates(t *testing.T) {
	one := big.NewInt(1)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{SerialNumber: one}, &x509.Certificate{SerialNumber: one}, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	good := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for _, c := range []struct {
		text []byte
		want string
	}{
		{good, ""}, {bytes.Repeat(good, 2), ""}, {nil, ""}, {[]byte(" "), "must contain at least one CERTIFICATE PEM block"},
		{pem.EncodeToMemory(&pem.Block{Type: "X", Bytes: der}), `only CERTIFICATE PEM blocks are allowed, found "X"`},
		{pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Headers: map[string]string{"a": "b"}, Bytes: der}), "no PEM block headers are permitted"},
	} {
		got := ""
		if err := parseCertificates(c.text); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
