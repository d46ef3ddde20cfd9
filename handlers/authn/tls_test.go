package authn

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// authority signs certificates for a test.
type authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t testing.TB, name string) *authority {
	a := &authority{t: t}
	a.cert, a.key = a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

// sign makes a certificate; the first one signs itself.
func (a *authority) sign(c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	if c.NotAfter.IsZero() {
		c.NotAfter = time.Now().Add(time.Hour)
	}
	parent, signer := c, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		a.t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return made, key
}

// client is a certificate that a client shows, after some change to the usual one.
func (a *authority) client(name string, change func(*x509.Certificate), groups ...string) *tls.Certificate {
	a.t.Helper()
	c := &x509.Certificate{Subject: pkix.Name{CommonName: name, Organization: groups}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	if change != nil {
		change(c)
	}
	cert, key := a.sign(c)
	return &tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// answer is what the test server says of a request.
type answer struct {
	User  *resource.UserInfo
	Error string
	// Headers are those that are left.
	Headers http.Header
}

// serve answers with what an authenticator says, over real TLS.
func serve(t testing.TB, a Authenticator) *httptest.Server {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, err := a.Authenticate(r)
		out := answer{User: user, Headers: r.Header}
		if err != nil {
			out.Error = err.Error()
		}
		_ = json.NewEncoder(w).Encode(out)
	}))
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// ask sends a request with a certificate and headers.
func ask(t testing.TB, s *httptest.Server, cert *tls.Certificate, headers map[string][]string) answer {
	t.Helper()
	client := s.Client()
	transport := client.Transport.(*http.Transport).Clone()
	defer transport.CloseIdleConnections()
	if cert != nil {
		transport.TLSClientConfig.Certificates = []tls.Certificate{*cert}
	}
	r, err := http.NewRequest("GET", s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range headers {
		r.Header[k] = v
	}
	response, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var out answer
	if err := json.NewDecoder(response.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (a answer) String() string {
	if a.User == nil {
		return a.Error
	}
	s := fmt.Sprintf("%s/%s%v", a.User.Name, a.User.UID, a.User.Groups)
	for k, v := range a.User.Extra {
		if k != CredentialID {
			s += fmt.Sprintf(" %s=%v", k, v)
		}
	}
	return s
}

func TestX509(t *testing.T) {
	ours, theirs := newAuthority(t, "ours"), newAuthority(t, "theirs")
	roots := ours.pool()
	a := NewX509(func() *x509.CertPool { return roots }, true)
	s := serve(t, Union{a})
	// A certificate below an intermediate authority, which the client shows too.
	middle := &authority{t: t}
	middle.cert, middle.key = ours.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "middle"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	below := middle.client("deep", nil)
	below.Certificate = append(below.Certificate, middle.cert.Raw)
	eve := ours.client("eve", nil)
	user := &authority{t, mustParse(t, eve), eve.PrivateKey.(*ecdsa.PrivateKey)}
	uid := func(values ...string) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			for _, v := range values {
				c.Subject.ExtraNames = append(c.Subject.ExtraNames, pkix.AttributeTypeAndValue{Type: userUID, Value: v})
			}
		}
	}
	for _, c := range []struct {
		what string
		cert *tls.Certificate
		want string
	}{
		{"none", nil, "no credentials provided"},
		{"a user", ours.client("ann", nil, "dev", "ops"), "ann/[dev ops system:authenticated]"},
		{"with a uid", ours.client("ann", uid("7")), "ann/7[system:authenticated]"},
		{"with two uids", ours.client("ann", uid("7", "8")), "expected 1 UID, but found 2"},
		{"below another authority", below, "deep/[system:authenticated]"},
		{"without a name", ours.client("", nil, "system:masters"), "no credentials provided"},
		{"of a stranger", theirs.client("ann", nil, "system:masters"), "verifying certificate SN="},
		{"for a server", ours.client("ann", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), "verifying certificate SN="},
		{"over", ours.client("ann", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), "verifying certificate SN="},
		{"signed by a user", user.client("root", nil, "system:masters"), "verifying certificate SN="},
	} {
		for range 2 { // the second answer is the remembered one
			if got := ask(t, s, c.cert, nil).String(); !strings.HasPrefix(got, c.want) {
				t.Errorf("%s: %s, want %s", c.what, got, c.want)
			}
		}
	}
	if n := a.hashes.Len(); n != 3 {
		t.Errorf("%d certificates are kept in memory, want those of the three users", n)
	}
	ann := ours.client("ann", nil)
	if got := ask(t, s, ann, nil); !strings.HasPrefix(got.User.Extra[CredentialID][0], "X509SHA256=") {
		t.Errorf("extra %v", got.User.Extra)
	}
	// What was remembered counts only for the authorities it was found good by.
	roots = theirs.pool()
	if got := ask(t, s, ann, nil).String(); !strings.HasPrefix(got, "verifying certificate") {
		t.Errorf("after the authorities changed: %s", got)
	}
	roots = nil
	if got := ask(t, s, ann, nil).Error; got != ErrNoCredentials.Error() {
		t.Errorf("without authorities: %s", got)
	}
}

func mustParse(t *testing.T, c *tls.Certificate) *x509.Certificate {
	t.Helper()
	parsed, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestFrontProxy(t *testing.T) {
	proxies, users := newAuthority(t, "proxies"), newAuthority(t, "users")
	headers := ProxyHeaders{User: []string{"X-Remote-User", "X-Other-User"}, UID: []string{"X-Remote-Uid"}, Group: []string{"X-Remote-Group"}, ExtraPrefix: []string{"X-Remote-Extra-"}}
	s := serve(t, Union{
		FrontProxy{Roots: proxies.pool, Names: []string{"front"}, Headers: headers},
		NewX509(users.pool, true),
		Anonymous{},
	})
	front, user := proxies.client("front", nil), users.client("ann", nil)
	named := map[string][]string{"X-Remote-User": {"ben"}, "X-Remote-Group": {"dev", "", "ops"}, "X-Remote-Uid": {"9"}, "X-Remote-Extra-Acme.com%2fProject": {"a", "b"}}
	masters := map[string][]string{"X-Remote-User": {"root"}, "X-Remote-Group": {"system:masters"}}
	for _, c := range []struct {
		what    string
		cert    *tls.Certificate
		headers map[string][]string
		want    string
	}{
		{"a proxy that names a user", front, named, "ben/9[dev ops system:authenticated] acme.com/project=[a b]"},
		{"another header", front, map[string][]string{"X-Other-User": {"cleo"}}, "cleo/[system:authenticated]"},
		{"a proxy that names nobody", front, map[string][]string{"X-Remote-Group": {"system:masters"}}, "verifying certificate SN="},
		{"another name of the proxies' authority", proxies.client("imposter", nil), masters, "[x509: subject with cn=imposter is not in the allowed list, verifying certificate SN="},
		{"a user who smuggles", user, masters, "ann/[system:authenticated]"},
		{"nobody who smuggles", nil, masters, "system:anonymous/[system:unauthenticated]"},
		{"a user with the proxy's name", users.client("front", nil), masters, "front/[system:authenticated]"},
		{"a proxy that names anonymous", front, map[string][]string{"X-Remote-User": {"system:anonymous"}}, "system:anonymous/[]"},
	} {
		got := ask(t, s, c.cert, c.headers)
		if !strings.HasPrefix(got.String(), c.want) {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
		if got.User != nil && c.cert == front {
			for name := range c.headers {
				if _, left := got.Headers[name]; left {
					t.Errorf("%s: the header %s is left", c.what, name)
				}
			}
		}
	}
}

func TestRemoveTakesEveryForm(t *testing.T) {
	h := http.Header{"X-Remote-User": {"a"}, "X-Remote-Uid": {"a"}, "X-Remote-Group": {"a"}, "X-Remote-Extra-": {"a"}, "x-remote-extra-B": {"a"}, "X-Remote-Extra-C": {"a"}, "X-Remote": {"kept"}}
	StandardProxyHeaders.Remove(h)
	if len(h) != 1 || h.Get("X-Remote") != "kept" {
		t.Errorf("left: %v", h)
	}
}
