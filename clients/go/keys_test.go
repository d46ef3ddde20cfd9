package kube

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// authority signs the certificates of a test.
type authority struct {
	t    *testing.T
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{t: t, key: key}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return a
}

// sign makes the certificate of a user.
func (a *authority) sign(name string, public crypto.PublicKey) []byte {
	a.t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, public, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// user makes a P-256 certificate and key.
func (a *authority) user(name string) (cert, key []byte) {
	a.t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		a.t.Fatal(err)
	}
	return a.sign(name, k.Public()), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
}

// serve starts a server with TLS that asks for certificates of the authority. Its own PEM is the second result.
func (a *authority) serve(handler http.HandlerFunc) (*httptest.Server, []byte) {
	a.t.Helper()
	s := httptest.NewUnstartedServer(handler)
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	s.TLS = &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: pool}
	s.EnableHTTP2 = true
	s.StartTLS()
	a.t.Cleanup(s.Close)
	return s, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// whoAmI answers with a config map that says who asked, and how.
func whoAmI(w http.ResponseWriter, r *http.Request) {
	name := ""
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		name = r.TLS.PeerCertificates[0].Subject.CommonName
	}
	answer(w, map[string]any{"kind": "ConfigMap", "apiVersion": "v1", "data": map[string]string{
		"name": name, "authorization": r.Header.Get("Authorization"), "agent": r.Header.Get("User-Agent"), "protocol": r.Proto,
		"impersonate": r.Header.Get("Impersonate-User"), "groups": join(r.Header.Values("Impersonate-Group")), "extra": r.Header.Get("Impersonate-Extra-Example.com%2fx"),
	}})
}

// TestKeys: a client certificate works with every form of key that kubeconfigs have.
func TestKeys(t *testing.T) {
	a := newAuthority(t)
	server, ca := a.serve(whoAmI)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve := func(c elliptic.Curve) *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	p256, p384, p521 := curve(elliptic.P256()), curve(elliptic.P384()), curve(elliptic.P521())
	sec1 := func(k *ecdsa.PrivateKey) []byte {
		b, err := x509.MarshalECPrivateKey(k)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	pkcs8 := func(k any) []byte {
		b, err := x509.MarshalPKCS8PrivateKey(k)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		name, form string
		key        crypto.Signer
		der        []byte
	}{
		{"p256-sec1", "EC PRIVATE KEY", p256, sec1(p256)},
		{"p256-pkcs8", "PRIVATE KEY", p256, pkcs8(p256)},
		{"p384-sec1", "EC PRIVATE KEY", p384, sec1(p384)},
		{"p384-pkcs8", "PRIVATE KEY", p384, pkcs8(p384)},
		{"p521-sec1", "EC PRIVATE KEY", p521, sec1(p521)},
		{"rsa-pkcs1", "RSA PRIVATE KEY", rsaKey, x509.MarshalPKCS1PrivateKey(rsaKey)},
		{"rsa-pkcs8", "PRIVATE KEY", rsaKey, pkcs8(rsaKey)},
		{"ed25519", "PRIVATE KEY", ed, pkcs8(ed)},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, err := New(Config{Host: server.URL, TLS: TLS{CA: ca, Cert: a.sign(c.name, c.key.Public()), Key: pem.EncodeToMemory(&pem.Block{Type: c.form, Bytes: c.der})}})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if got := ask(t, client)["name"]; got != c.name {
				t.Errorf("the server sees %q", got)
			}
		})
	}
}
