package serviceaccount

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestReadKeys(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	sec1, err1 := x509.MarshalECPrivateKey(ec)
	pkcs8, err2 := x509.MarshalPKCS8PrivateKey(rs)
	pkix, err3 := x509.MarshalPKIXPublicKey(ec.Public())
	ecPrivate, rsaPrivate, ecPublic := block("EC PRIVATE KEY", sec1, err1), block("PRIVATE KEY", pkcs8, err2), block("PUBLIC KEY", pkix, err3)
	rsaOld, rsaOldPublic := block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rs), nil), block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rs.PublicKey), nil)
	junk := block("SOMETHING", []byte("else"), nil)
	for _, c := range []struct {
		what, text string
		keys       int
		signs      bool
	}{
		{"private EC", ecPrivate, 1, true},
		{"private, PKCS#8", rsaPrivate, 1, true},
		{"private RSA", rsaOld, 1, true},
		{"public", ecPublic, 1, false},
		{"public RSA", rsaOldPublic, 1, false},
		{"several, and something else", junk + ecPublic + rsaOld, 2, true},
		{"nothing", "", 0, false},
		{"something else", junk, 0, false},
	} {
		path := filepath.Join(t.TempDir(), "key.pem")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		keys, err := ReadKeys(path)
		if c.keys == 0 {
			if err == nil || !strings.HasSuffix(err.Error(), "data does not contain any valid RSA or ECDSA public keys") {
				t.Errorf("%s: %v", c.what, err)
			}
		} else if err != nil || len(keys.all) != c.keys {
			t.Errorf("%s: %v, %v", c.what, keys, err)
		}
		if _, err := ReadSigner(path); (err == nil) != c.signs {
			t.Errorf("%s as a signing key: %v", c.what, err)
		}
	}
	if _, err := ReadKeys(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there was read")
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := ParseKeys(text)
		if err == nil && len(keys) == 0 {
			t.Error("neither keys nor an error")
		}
		if _, err := NewKeys(keys...); err != nil && len(keys) == 0 {
			t.Error(err)
		}
	})
}

func TestAudienceIsAList(t *testing.T) {
	token, _, err := issuerFor(t, newKeyFor(t, elliptic.P256())).Issue(bound(), []string{ownName}, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil || !strings.Contains(string(payload), `"aud":["https://api.example"]`) {
		t.Errorf("%s, %v", payload, err)
	}
}
