package oidc

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
)

// AllAlgorithms are the signatures that can be verified.
var AllAlgorithms = []string{"ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"}

// fetchTimeout bounds one request to an issuer, retry is the pause after a failed one.
const (
	fetchTimeout = 30 * time.Second
	retry        = 10 * time.Second
)

// issuer verifies the tokens of one issuer. It finds out about the issuer's keys in the background, so that a server starts
// without it; until then its tokens are refused.
type issuer struct {
	config   Issuer
	program  *program
	verifier atomic.Pointer[oidc.IDTokenVerifier]
	stop     context.CancelFunc
}

var errNotReady = errors.New("oidc: authenticator not initialized")

// openIssuer starts a goroutine that ends when the issuer has been found, stop is called or life ends.
func openIssuer(life context.Context, config Issuer, algorithms []string, log *slog.Logger) (*issuer, error) {
	p, errs := compile(&config, field.NewPath("jwt"))
	if err := errs.ToAggregate(); err != nil {
		return nil, err
	}
	client, err := clientFor(&config.Issuer)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(oidc.ClientContext(life, client))
	context.AfterFunc(ctx, client.CloseIdleConnections)
	i := &issuer{config: config, program: p, stop: stop}
	go i.discover(ctx, algorithms, log)
	return i, nil
}

func (i *issuer) discover(ctx context.Context, algorithms []string, log *slog.Logger) {
	for {
		// The provider keeps ctx for fetching keys, so it must be the one of the whole life.
		provider, err := oidc.NewProvider(ctx, i.config.Issuer.URL)
		if err == nil {
			i.verifier.Store(provider.VerifierContext(ctx, &oidc.Config{SkipClientIDCheck: true, SupportedSigningAlgs: algorithms}))
			return
		}
		if ctx.Err() != nil {
			return
		}
		log.Error("finding an OpenID issuer; trying again", "issuer", i.config.Issuer.URL, "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(retry):
		}
	}
}

// clientFor trusts the issuer's authorities and, with a discovery URL, looks there for what the issuer's own would say.
func clientFor(at *IssuerAt) (*http.Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if at.CertificateAuthority != "" {
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(at.CertificateAuthority)) {
			return nil, errors.New("oidc: the certificate authority has no certificate")
		}
	}
	var transport http.RoundTripper = &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: config, ForceAttemptHTTP2: true, IdleConnTimeout: 90 * time.Second}
	if at.DiscoveryURL != "" {
		to, err := url.Parse(at.DiscoveryURL)
		if err != nil {
			return nil, err
		}
		transport = redirected{from: strings.TrimSuffix(at.URL, "/") + "/.well-known/openid-configuration", to: to, inner: transport}
	}
	return &http.Client{Transport: transport, Timeout: fetchTimeout}, nil
}

// redirected asks another URL instead of one.
type redirected struct {
	from  string
	to    *url.URL
	inner http.RoundTripper
}

// CloseIdleConnections is what http.Client's method of this name asks for.
func (t redirected) CloseIdleConnections() {
	if c, ok := t.inner.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip implements http.RoundTripper.
func (t redirected) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.String() == t.from {
		r = r.Clone(r.Context())
		r.URL, r.Host = t.to, t.to.Host
	}
	return t.inner.RoundTrip(r)
}

// authenticate verifies a token that says it is of this issuer.
func (i *issuer) authenticate(ctx context.Context, token string) (*authn.Identity, error) {
	verifier := i.verifier.Load()
	if verifier == nil {
		return nil, errNotReady
	}
	verified, err := verifier.Verify(ctx, token)
	if err == nil && !slices.ContainsFunc(verified.Audience, func(a string) bool { return slices.Contains(i.config.Issuer.Audiences, a) }) {
		err = fmt.Errorf("oidc: expected audience in %q got %q", i.config.Issuer.Audiences, verified.Audience)
	}
	if err != nil {
		return nil, fmt.Errorf("oidc: verify token: %w", err)
	}
	var c claims
	if err := verified.Claims(&c); err != nil {
		return nil, fmt.Errorf("oidc: parse claims: %w", err)
	}
	user, err := i.user(ctx, c)
	if err != nil {
		return nil, err
	}
	return &authn.Identity{User: *user}, nil
}
