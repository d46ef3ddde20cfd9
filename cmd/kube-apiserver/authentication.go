package main

import (
	"crypto/x509"
	"errors"
	"log/slog"
	"slices"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authn/oidc"
	"github.com/gatehouse-dev/gatehouse/handlers/loopback"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// authentication is how the server finds out who asks.
type authentication struct {
	requests authn.Authenticator
	// tokens are the mechanisms that bearer tokens may belong to.
	tokens   authn.Tokens
	accounts *serviceAccounts
}

// authenticator joins the mechanisms that the flags name, in the original's order.
func (o *options) authenticator(c *certificates, store storage.Store, log *slog.Logger) (*authentication, error) {
	accounts, err := o.newServiceAccounts(store, c.address, log)
	if err != nil {
		return nil, err
	}
	a := &authentication{accounts: accounts}
	issuers, config, err := o.oidc.authenticator(accounts.issuers, log)
	if err != nil {
		return nil, err
	}
	anonymous, err := o.anonymousFrom(config)
	if err != nil {
		return nil, err
	}
	if a.tokens, err = o.tokenAuthenticators(accounts, issuers, log); err != nil {
		return nil, err
	}
	union := authn.Union{}
	if o.insecurePort != 0 {
		union = append(union, loopback.Authenticator{})
	}
	if c.proxies != nil {
		union = append(union, authn.FrontProxy{Roots: pool(c.proxies), Names: o.proxy.names, Headers: o.proxy.headers})
	}
	union = append(union, authn.NewX509(pool(c.clients)))
	if o.basicFile != "" {
		basic, err := authn.NewBasic(o.basicFile)
		if err != nil {
			return nil, err
		}
		union = append(union, basic)
	}
	union = append(union,
		authn.Bearer{Tokens: a.tokens, Audiences: accounts.audiences},
		authn.WebSocket{Tokens: a.tokens, Audiences: accounts.audiences})
	// Where everything is allowed, nobody may be nameless.
	if anonymous != nil && !slices.Contains(o.authorization.Modes, "AlwaysAllow") {
		union = append(union, *anonymous)
	}
	a.requests = union
	return a, nil
}

// anonymousFrom says where requests without credentials are taken: where the configuration says it, or the flag; nil for
// nowhere.
func (o *options) anonymousFrom(config *oidc.Configuration) (*authn.Anonymous, error) {
	switch {
	case config == nil || config.Anonymous == nil:
		if !o.anonymous {
			return nil, nil
		}
		return &authn.Anonymous{}, nil
	case o.anonymousGiven:
		return nil, errors.New("--anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file")
	case !config.Anonymous.Enabled:
		return nil, nil
	}
	return &authn.Anonymous{Paths: config.Anonymous.AnonymousPaths()}, nil
}

// tokenAuthenticators are the mechanisms of bearer tokens, those that need nobody else first.
func (o *options) tokenAuthenticators(accounts *serviceAccounts, issuers authn.TokenAuthenticator, log *slog.Logger) (authn.Tokens, error) {
	var all authn.Tokens
	local := func(inner authn.TokenAuthenticator) authn.TokenAuthenticator {
		return authn.Agnostic{Own: accounts.audiences, Inner: inner}
	}
	if o.tokenFile != "" {
		tokens, err := authn.NewTokenFile(o.tokenFile)
		if err != nil {
			return nil, err
		}
		all = append(all, local(tokens))
	}
	all = append(all, accounts.tokens...)
	if o.tokens.bootstrap {
		all = append(all, local(authn.BootstrapTokens{Secret: accounts.lookup.Secret, Log: log}))
	}
	if issuers != nil {
		all = append(all, local(issuers))
	}
	webhook, err := o.tokens.webhook(accounts.audiences, log)
	if err != nil {
		return nil, err
	}
	if webhook != nil {
		all = append(all, webhook)
	}
	return all, nil
}

func pool(set func() *authoritySet) func() *x509.CertPool {
	return func() *x509.CertPool { return set().pool }
}
