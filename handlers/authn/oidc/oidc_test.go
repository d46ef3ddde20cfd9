package oidc

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
)

var quiet = slog.New(slog.DiscardHandler)

// peer is a real issuer.
type peer struct {
	*httptest.Server
	t      testing.TB
	key    *ecdsa.PrivateKey
	signer jose.Signer
	// as is the issuer that it says to be; its own URL when empty.
	as string
}

func newPeer(t testing.TB) *peer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{t: t, key: key}
	if p.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil); err != nil {
		t.Fatal(err)
	}
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/.well-known/openid-configuration", "/elsewhere":
			_ = json.NewEncoder(w).Encode(map[string]any{"issuer": p.issuer(), "jwks_uri": p.URL + "/keys", "id_token_signing_alg_values_supported": []string{"ES256"}})
		case "/keys":
			_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "ES256", Use: "sig"}}})
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *peer) issuer() string {
	if p.as != "" {
		return p.as
	}
	return p.URL
}

func (p *peer) ca() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw}))
}

// token has the usual claims and those given.
func (p *peer) token(claims map[string]any) string {
	p.t.Helper()
	all := map[string]any{"iss": p.issuer(), "aud": "app", "sub": "ann", "exp": time.Now().Add(time.Hour).Unix()}
	for k, v := range claims {
		if all[k] = v; v == nil {
			delete(all, k)
		}
	}
	s, err := jwt.Signed(p.signer).Claims(all).Serialize()
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

// document is a configuration file with one issuer.
func (p *peer) document(at, rest string) string {
	return fmt.Sprintf("- issuer:\n    url: %s\n    audiences: [app]\n    certificateAuthority: |\n      %s\n    %s\n  %s\n",
		p.issuer(), strings.ReplaceAll(strings.TrimSpace(p.ca()), "\n", "\n      "), at, strings.ReplaceAll(rest, "\n", "\n  "))
}

const head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n"

// open writes the file and waits until its issuers have been found.
func open(t testing.TB, text string) (*Authenticator, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a, _, err := Open(t.Context(), file, nil, quiet)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return a, file
}

// ask asks about a token; an issuer that is not found yet is asked again.
func ask(t testing.TB, a *Authenticator, token string) (*authn.Identity, error) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		id, err := a.AuthenticateToken(context.Background(), token, nil)
		if !errors.Is(err, errNotReady) || time.Now().After(end) {
			return id, err
		}
	}
}

const plain = `claimMappings: {username: {claim: sub, prefix: ""}}`

func TestMappings(t *testing.T) {
	p := newPeer(t)
	for _, c := range []struct {
		what, rest string
		claims     map[string]any
		want, err  string
	}{
		{what: "a claim", rest: plain, want: "ann/[] map[]"},
		{what: "with a prefix", rest: `claimMappings: {username: {claim: sub, prefix: "o:"}, groups: {claim: roles, prefix: "g:"}}`, claims: map[string]any{"roles": []string{"a", "b"}}, want: "o:ann/[g:a g:b] map[]"},
		{what: "one group", rest: `claimMappings: {username: {claim: sub, prefix: ""}, groups: {claim: role, prefix: ""}}`, claims: map[string]any{"role": "a"}, want: "ann/[a] map[]"},
		{what: "no groups", rest: `claimMappings: {username: {claim: sub, prefix: ""}, groups: {claim: role, prefix: ""}}`, want: "ann/[] map[]"},
		{what: "groups that are none", rest: `claimMappings: {username: {claim: sub, prefix: ""}, groups: {claim: role, prefix: ""}}`, claims: map[string]any{"role": 1}, err: `oidc: parse groups claim "role"`},
		{what: "no such claim", rest: `claimMappings: {username: {claim: nick, prefix: ""}}`, err: `oidc: parse username claims "nick": claim not present`},
		{what: "mail", rest: `claimMappings: {username: {claim: email, prefix: ""}}`, claims: map[string]any{"email": "a@b", "email_verified": true}, want: "a@b/[] map[]"},
		{what: "mail of which nothing is said", rest: `claimMappings: {username: {claim: email, prefix: ""}}`, claims: map[string]any{"email": "a@b"}, want: "a@b/[] map[]"},
		{what: "mail that is not verified", rest: `claimMappings: {username: {claim: email, prefix: ""}}`, claims: map[string]any{"email": "a@b", "email_verified": false}, err: "oidc: email not verified"},
		{what: "a uid and a token id", rest: `claimMappings: {username: {claim: sub, prefix: ""}, uid: {claim: num}}`, claims: map[string]any{"num": "7", "jti": "x"}, want: "ann/7[] map[authentication.kubernetes.io/credential-id:[JTI=x]]"},
		{what: "expressions", rest: `claimMappings:
  username: {expression: "'e:' + claims.sub"}
  groups: {expression: "claims.roles.split(',')"}
  uid: {expression: "string(claims.n)"}
  extra: [{key: acme.com/team, valueExpression: "claims.?team.orValue('none')"}, {key: acme.com/no, valueExpression: "''"}]`,
			claims: map[string]any{"roles": "a,,b", "n": 7}, want: "e:ann/7[a b] map[acme.com/team:[none]]"},
		{what: "an expression for no string", rest: `claimMappings: {username: {expression: "claims.n"}}`, claims: map[string]any{"n": 7}, err: "oidc: error evaluating username claim expression: claim expression must return a string"},
		{what: "an empty name", rest: `claimMappings: {username: {expression: "claims.n"}}`, claims: map[string]any{"n": ""}, err: "oidc: empty username via CEL expression is not allowed"},
		{what: "an expression for no groups", rest: `claimMappings: {username: {claim: sub, prefix: ""}, groups: {expression: "claims.n"}}`, claims: map[string]any{"n": []any{"a", 1}}, err: "oidc: error evaluating group claim expression: expression must return a string or a list of strings"},
		{what: "a required claim", rest: plain + "\nclaimValidationRules: [{claim: hd, requiredValue: acme}]", claims: map[string]any{"hd": "acme"}, want: "ann/[] map[]"},
		{what: "a required claim with another value", rest: plain + "\nclaimValidationRules: [{claim: hd, requiredValue: acme}]", claims: map[string]any{"hd": "x"}, err: "oidc: required claim hd value does not match. Got = x, want = acme"},
		{what: "without a required claim", rest: plain + "\nclaimValidationRules: [{claim: hd, requiredValue: acme}]", err: "oidc: required claim hd not present in ID token"},
		{what: "a rule that holds", rest: plain + "\nclaimValidationRules: [{expression: 'claims.n > 3.0', message: too small}]", claims: map[string]any{"n": 4}, want: "ann/[] map[]"},
		{what: "a rule that does not", rest: plain + "\nclaimValidationRules: [{expression: 'claims.n > 3.0', message: too small}]", claims: map[string]any{"n": 3}, err: "validation expression 'claims.n > 3.0' failed: too small"},
		{what: "a rule about the user", rest: plain + "\nuserValidationRules: [{expression: \"!user.username.startsWith('system:')\", message: reserved}]", claims: map[string]any{"sub": "system:admin"}, err: "failed: reserved"},
		{what: "a rule about groups", rest: `claimMappings: {username: {claim: sub, prefix: ""}, groups: {claim: roles, prefix: ""}}` + "\nuserValidationRules: [{expression: \"user.groups.all(g, !g.startsWith('system:'))\", message: reserved}]", claims: map[string]any{"roles": []string{"a", "system:masters"}}, err: "failed: reserved"},
		{what: "of another audience", rest: plain, claims: map[string]any{"aud": "other"}, err: `oidc: verify token: oidc: expected audience in ["app"] got ["other"]`},
		{what: "of several audiences", rest: plain, claims: map[string]any{"aud": []string{"other", "app"}}, want: "ann/[] map[]"},
		{what: "of none", rest: plain, claims: map[string]any{"aud": nil}, err: "oidc: verify token"},
		{what: "over", rest: plain, claims: map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}, err: "oidc: token is expired"},
		{what: "not yet", rest: plain, claims: map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}, err: "before the nbf"},
		{what: "somebody else's", rest: plain, claims: map[string]any{"iss": "https://other.example"}, err: authn.ErrNoCredentials.Error()},
	} {
		a, _ := open(t, head+p.document("", c.rest))
		id, err := ask(t, a, p.token(c.claims))
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprintf("%s/%s%v %v", id.User.Name, id.User.UID, id.User.Groups, id.User.Extra)
		}
		if c.err != "" && (err == nil || !strings.Contains(got, c.err)) || c.err == "" && got != c.want {
			t.Errorf("%s: %s, want %s%s", c.what, got, c.want, c.err)
		}
	}
}

// Only the issuer's signature counts; the header of the token cannot choose another.
func TestForgedTokens(t *testing.T) {
	p, other := newPeer(t), newPeer(t)
	a, _ := open(t, head+p.document("", plain))
	if _, err := ask(t, a, p.token(nil)); err != nil {
		t.Fatal(err)
	}
	public, err := json.Marshal(jose.JSONWebKey{Key: p.key.Public()})
	if err != nil {
		t.Fatal(err)
	}
	shared, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: public}, nil)
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{"iss": p.URL, "aud": "app", "sub": "root", "exp": time.Now().Add(time.Hour).Unix()}
	sign := func(s jose.Signer) string {
		token, err := jwt.Signed(s).Claims(claims).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	parts := strings.Split(p.token(nil), ".")
	for what, token := range map[string]string{
		"another issuer's key":       sign(other.signer),
		"the public key as a secret": sign(shared),
		"no signature":               parts[0] + "." + parts[1] + ".",
		"an old signature":           parts[0] + "." + strings.Split(sign(other.signer), ".")[1] + "." + parts[2],
		"an algorithm that is none":  "eyJhbGciOiJub25lIn0." + parts[1] + ".",
	} {
		if id, err := ask(t, a, token); err == nil {
			t.Errorf("%s: accepted as %+v", what, id)
		}
	}
	for _, token := range []string{"", "a.b.c", "..", "x"} {
		if _, err := ask(t, a, token); !errors.Is(err, authn.ErrNoCredentials) {
			t.Errorf("%q: %v", token, err)
		}
	}
}

func TestSeveralIssuersAndReload(t *testing.T) {
	one, two := newPeer(t), newPeer(t)
	a, file := open(t, head+one.document("", plain))
	if _, err := ask(t, a, two.token(nil)); !errors.Is(err, authn.ErrNoCredentials) {
		t.Fatalf("an issuer that is not configured: %v", err)
	}
	if _, err := ask(t, a, one.token(nil)); err != nil {
		t.Fatal(err)
	}
	kept := a.issuers()[one.URL]
	change := func(text string, until func() bool) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		// The file is looked at once in a second; the test waits for the new content, not for a time.
		for end := time.Now().Add(time.Minute); !until(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the file is not read again")
			}
		}
	}
	change(head+one.document("", plain)+two.document("", plain), func() bool {
		_, err := ask(t, a, two.token(nil))
		return err == nil
	})
	if a.issuers()[one.URL] != kept {
		t.Error("an issuer that did not change was opened again")
	}
	change(head+two.document("", strings.ReplaceAll(plain, `""`, `"x:"`)), func() bool {
		id, err := ask(t, a, two.token(nil))
		return err == nil && id.User.Name == "x:ann"
	})
	if _, err := ask(t, a, one.token(nil)); !errors.Is(err, authn.ErrNoCredentials) {
		t.Errorf("an issuer that was removed: %v", err)
	}
}

func TestDiscoveryElsewhere(t *testing.T) {
	p := newPeer(t)
	p.as = "https://inside.example"
	a, _ := open(t, head+p.document("discoveryURL: "+p.URL+"/elsewhere", plain))
	if id, err := ask(t, a, p.token(nil)); err != nil || id.User.Name != "ann" {
		t.Errorf("%+v, %v", id, err)
	}
}

func TestUnreachableIssuer(t *testing.T) {
	p := newPeer(t)
	token, text := p.token(nil), head+p.document("", plain)
	p.Close()
	a, _ := open(t, text)
	if _, err := a.AuthenticateToken(context.Background(), token, nil); !errors.Is(err, errNotReady) {
		t.Error(err)
	}
	a.issuers()[p.URL].stop()
}

func TestFaultyConfigurations(t *testing.T) {
	issuer := func(at string) string { return head + "- issuer: {" + at + "}\n  " + plain + "\n" }
	rest := func(rest string) string {
		return head + "- issuer: {url: 'https://a.example', audiences: [x]}\n  " + strings.ReplaceAll(rest, "\n", "\n  ") + "\n"
	}
	for text, want := range map[string]string{
		"{}":                     `no kind "" is known in ""`,
		head + "unknown: 1":      "unknown",
		issuer("audiences: [x]"): "jwt[0].issuer.url: Required value",
		issuer("url: 'http://a.example', audiences: [x]"):                                                                      "URL scheme must be https",
		issuer("url: 'https://u@a.example', audiences: [x]"):                                                                   "URL must not contain a username or password",
		issuer("url: 'https://a.example?x', audiences: [x]"):                                                                   "URL must not contain a query",
		issuer("url: 'https://a.example#x', audiences: [x]"):                                                                   "URL must not contain a fragment",
		issuer("url: 'https://own.example', audiences: [x]"):                                                                   "URL must not overlap with disallowed issuers: [https://own.example]",
		issuer("url: 'https://a.example'"):                                                                                     "jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required",
		issuer("url: 'https://a.example', audiences: ['']"):                                                                    "jwt[0].issuer.audiences[0]: Required value",
		issuer("url: 'https://a.example', audiences: [x, y]"):                                                                  "audienceMatchPolicy must be MatchAny for multiple audiences",
		issuer("url: 'https://a.example', audiences: [x], audienceMatchPolicy: All"):                                           "audienceMatchPolicy must be empty or MatchAny for single audience",
		issuer("url: 'https://a.example', audiences: [x, x], audienceMatchPolicy: MatchAny"):                                   "Duplicate value",
		issuer("url: 'https://a.example', audiences: [x], discoveryURL: 'https://a.example/'"):                                 "discoveryURL must be different from URL",
		issuer("url: 'https://a.example', audiences: [x], certificateAuthority: x"):                                            "jwt[0].issuer.certificateAuthority: Invalid value",
		rest(plain) + "- issuer: {url: 'https://a.example', audiences: [x]}\n  " + plain:                                       "jwt[1].issuer.url: Duplicate value",
		rest("claimMappings: {}"):                                                                                              "jwt[0].claimMappings.username: Required value: claim or expression is required",
		rest("claimMappings: {username: {claim: a}}"):                                                                          "prefix is required when claim is set",
		rest("claimMappings: {username: {claim: a, expression: b}}"):                                                           "claim and expression can't both be set",
		rest("claimMappings: {username: {expression: \"'a'\", prefix: b}}"):                                                    "prefix can't be set when expression is set",
		rest("claimMappings: {username: {expression: '1 +'}}"):                                                                 "compilation failed",
		rest("claimMappings: {username: {expression: 'claims.email'}}"):                                                        "claims.email_verified must be used",
		rest("claimMappings: {username: {expression: 'user.name'}}"):                                                           "undeclared reference",
		rest(plain + "\nclaimValidationRules: [{expression: \"'a'\"}]"):                                                        "must evaluate to bool",
		rest(plain + "\nclaimValidationRules: [{}]"):                                                                           "claim or expression is required",
		rest(plain + "\nclaimValidationRules: [{claim: a, message: b}]"):                                                       "may not be specified when claim is set",
		rest(plain + "\nclaimValidationRules: [{claim: a}, {claim: a}]"):                                                       "Duplicate value",
		rest(plain + "\nuserValidationRules: [{expression: 'user.nick == 1'}]"):                                                "undefined field 'nick'",
		rest("claimMappings: {username: {claim: a, prefix: ''}, extra: [{key: x, valueExpression: \"'a'\"}]}"):                 "must be a domain-prefixed path",
		rest("claimMappings: {username: {claim: a, prefix: ''}, extra: [{key: a.k8s.io/x, valueExpression: \"'a'\"}]}"):        "reserved for Kubernetes use",
		rest("claimMappings: {username: {claim: a, prefix: ''}, extra: [{key: a.example/X, valueExpression: \"'a'\"}]}"):       "must be lowercase",
		"apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\nanonymous: {conditions: [{path: /livez}]}": "enabled should be set to true when conditions are defined",
	} {
		if _, err := Parse([]byte(text), []string{"https://own.example"}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got  %v\n want %s", text, err, want)
		}
	}
	good := rest("claimMappings: {username: {expression: 'claims.email'}}\nclaimValidationRules: [{expression: 'claims.email_verified'}]")
	if _, err := Parse([]byte(good), nil); err == nil || !strings.Contains(err.Error(), "must evaluate to bool") {
		t.Errorf("a claim alone is no condition: %v", err)
	}
	good = strings.ReplaceAll(good, "'claims.email_verified'", "'claims.email_verified == true'")
	if _, err := Parse([]byte(good), nil); err != nil {
		t.Error(err)
	}
}

func FuzzConfiguration(f *testing.F) {
	f.Add([]byte(head + "- issuer: {url: 'https://a.example', audiences: [x]}\n  " + plain + "\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse(text, nil)
		if err != nil {
			return
		}
		for _, j := range c.JWT {
			if !strings.HasPrefix(strings.ToLower(j.Issuer.URL), "https:") || len(j.Issuer.Audiences) == 0 {
				t.Errorf("%s: accepted %+v", text, j)
			}
		}
	})
}
