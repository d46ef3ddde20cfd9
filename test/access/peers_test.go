package access

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/gatehouse-dev/gatehouse/handlers/pki"
)

// authority signs client certificates.
func authority(t *testing.T, dir, name string) *pki.Authority {
	t.Helper()
	a, err := pki.OpenAuthority(dir, name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// client is a certificate of user.
func client(t *testing.T, a *pki.Authority, file, user string, groups ...string) *tls.Certificate {
	t.Helper()
	made, err := a.Client(file, user, groups...)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := made.TLS()
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func caOf(s *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// kubeconfig points at a webhook.
func kubeconfig(t *testing.T, dir, name string, s *httptest.Server) string {
	t.Helper()
	return write(t, filepath.Join(dir, name), fmt.Sprintf(
		"{current-context: c, contexts: [{name: c, context: {cluster: s}}], clusters: [{name: s, cluster: {server: %q, certificate-authority-data: %q}}]}",
		s.URL, base64.StdEncoding.EncodeToString(caOf(s))))
}

// reviewer is a token webhook that knows one token.
func reviewer(t *testing.T) *httptest.Server {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review struct {
			APIVersion, Kind string
			Spec             struct{ Token string }
		}
		_ = json.NewDecoder(r.Body).Decode(&review)
		status := `{"authenticated":false}`
		if review.Spec.Token == "hooked" {
			status = `{"authenticated":true,"user":{"username":"hook-user","groups":["hooks"]}}`
		}
		fmt.Fprintf(w, `{"apiVersion":%q,"kind":"TokenReview","status":%s}`, review.APIVersion, status)
	}))
	t.Cleanup(s.Close)
	return s
}

// issuer is an OpenID issuer.
type issuer struct {
	*httptest.Server
	signer jose.Signer
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{}
	if i.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil); err != nil {
		t.Fatal(err)
	}
	i.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/keys" {
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "ES256", Use: "sig"}}})
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/keys"})
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) token(t *testing.T, audience string, life time.Duration) string {
	t.Helper()
	s, err := jwt.Signed(i.signer).Claims(map[string]any{
		"iss": i.URL, "aud": audience, "sub": "dora", "roles": []string{"dev"}, "exp": time.Now().Add(life).Unix(),
	}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// configuration accepts the issuer's tokens for the audience app.
func (i *issuer) configuration(t *testing.T, dir string) string {
	t.Helper()
	return write(t, filepath.Join(dir, "authentication.yaml"), fmt.Sprintf(`apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
anonymous: {enabled: true, conditions: [{path: /livez}]}
jwt:
- issuer:
    url: %s
    audiences: [app]
    certificateAuthority: |
      %s
  claimMappings:
    username: {expression: "'oidc:' + claims.sub"}
    groups: {claim: roles, prefix: "oidc:"}
`, i.URL, strings.ReplaceAll(strings.TrimSpace(string(caOf(i.Server))), "\n", "\n      ")))
}
