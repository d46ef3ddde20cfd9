package serviceaccount

import (
	"context"
	"crypto/elliptic"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// A relying party with the usual library can verify a token by what the pages say, and only by that.
func TestPagesVerifyTokens(t *testing.T) {
	key := newKeyFor(t, elliptic.P256())
	var pages *Pages
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { pages.ServeHTTP(w, r) }))
	defer server.Close()
	var err error
	if pages, err = NewPages(server.URL, "", server.Listener.Addr().String(), keysOf(t, key)); err != nil {
		t.Fatal(err)
	}
	ctx := oidc.ClientContext(context.Background(), server.Client())
	provider, err := oidc.NewProvider(ctx, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	issue := func(i *Issuer) string {
		token, _, err := i.Issue(bound(), []string{"vault"}, time.Now(), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	ours, err := NewIssuer(server.URL, key)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := NewIssuer(server.URL, newKeyFor(t, elliptic.P256()))
	if err != nil {
		t.Fatal(err)
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: "vault", SupportedSigningAlgs: []string{"ES256"}})
	got, err := verifier.Verify(ctx, issue(ours))
	if err != nil || got.Subject != "system:serviceaccount:team:robot" {
		t.Errorf("our token: %+v, %v", got, err)
	}
	if _, err := verifier.Verify(ctx, issue(theirs)); err == nil {
		t.Error("a token of another key was verified")
	}
}

func TestPages(t *testing.T) {
	keys := keysOf(t, newKeyFor(t, elliptic.P256()), newKeyFor(t, elliptic.P384()))
	for _, c := range []struct{ issuer, url, err string }{
		{issuer: "https://a.example"},
		{issuer: "https://a.example", url: "https://b.example/keys"},
		{issuer: "", err: "empty issuer URL"},
		{issuer: "a", err: "issuer URL must use https scheme, got: a"},
		{issuer: "http://a.example", err: "issuer URL must use https scheme, got: http://a.example"},
		{issuer: "https://a.example?x=1", err: "issuer URL may not include a query, got: https://a.example?x=1"},
		{issuer: "https://a.example#x", err: "issuer URL may not include a fragment, got: https://a.example#x"},
		{issuer: "https://a.example", url: "http://b.example", err: "jwksURI requires https scheme, parsed as: http://b.example"},
	} {
		p, err := NewPages(c.issuer, c.url, "10.0.0.1:6443", keys)
		if c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%+v: %v", c, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range []struct {
			method, path, kind string
			code               int
		}{
			{"GET", ConfigurationPath, "application/json", 200}, {"GET", KeysPath, "application/jwk-set+json", 200},
			{"POST", KeysPath, "text/plain; charset=utf-8", 405}, {"GET", KeysPath + "/x", "text/plain; charset=utf-8", 404},
		} {
			w := httptest.NewRecorder()
			p.ServeHTTP(w, httptest.NewRequest(page.method, page.path, nil))
			if w.Code != page.code || w.Header().Get("Content-Type") != page.kind {
				t.Errorf("%s %s: %d %s", page.method, page.path, w.Code, w.Header().Get("Content-Type"))
			}
			if page.code != 200 {
				continue
			}
			if got := w.Header().Get("Cache-Control"); got != "public, max-age=3600" {
				t.Errorf("%s: Cache-Control %q", page.path, got)
			}
			if !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s: %s", page.path, w.Body)
			}
		}
	}
}
