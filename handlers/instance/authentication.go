package instance

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"slices"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authn/oidc"
	"github.com/gatehouse-dev/gatehouse/handlers/loopback"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Authentication says how the server authenticates requests.
type Authentication struct {
	// Anonymous takes requests without credentials as those of system:anonymous. AnonymousGiven says that somebody chose that,
	// which a configuration file with an opinion of its own does not allow.
	Anonymous, AnonymousGiven bool
	// ClientCAFile has the authorities of client certificates, beside the server's own.
	ClientCAFile string
	// TokenFile and BasicFile are CSV files of static tokens and passwords.
	TokenFile, BasicFile string
	// BootstrapTokens accepts those with which nodes join.
	BootstrapTokens bool
	Proxy           Proxy
	ServiceAccounts ServiceAccounts
	Webhook         TokenWebhook
	OIDC            OIDC
}

func (a *Authentication) validate(fault func(string, ...any)) {
	a.Proxy.validate(a.ClientCAFile, fault)
	a.ServiceAccounts.validate(fault)
	a.OIDC.validate(fault)
}

// authentication is how the server authenticates requests.
type authentication struct {
	requests authn.Authenticator
	// tokens are the mechanisms that bearer tokens may belong to.
	tokens   authn.Tokens
	accounts *accounts
}

// authenticator joins the mechanisms that the flags name, in upstream's order.
func (o *Config) authenticator(life context.Context, c *certificates, store storage.Store, log *slog.Logger) (*authentication, error) {
	accounts, err := o.newServiceAccounts(store, c.address, log)
	if err != nil {
		return nil, err
	}
	a := &authentication{accounts: accounts}
	issuers, config, err := o.Authentication.OIDC.authenticator(life, accounts.issuers, log)
	if err != nil {
		return nil, err
	}
	anonymous, err := o.Authentication.anonymousFrom(config)
	if err != nil {
		return nil, err
	}
	if a.tokens, err = o.Authentication.tokenAuthenticators(life, accounts, issuers, log); err != nil {
		return nil, err
	}
	union := authn.Union{}
	if o.Serving.InsecurePort != 0 {
		union = append(union, loopback.Authenticator{})
	}
	if c.proxies != nil {
		union = append(union, authn.FrontProxy{Roots: pool(c.proxies), Names: o.Authentication.Proxy.Names, Headers: o.Authentication.Proxy.Headers})
	}
	union = append(union, authn.NewX509(pool(c.clients), o.Features.Enabled("AllowParsingUserUIDFromCertAuth")))
	if file := o.Authentication.BasicFile; file != "" {
		basic, err := authn.NewBasic(file)
		if err != nil {
			return nil, err
		}
		union = append(union, basic)
	}
	union = append(union,
		authn.Bearer{Tokens: a.tokens, Audiences: accounts.audiences},
		authn.WebSocket{Tokens: a.tokens, Audiences: accounts.audiences})
	// Where everything is allowed, nobody may be nameless.
	if anonymous != nil && !slices.Contains(o.Authorization.Modes, "AlwaysAllow") {
		union = append(union, *anonymous)
	}
	a.requests = union
	return a, nil
}

// anonymousFrom says where requests without credentials are taken: where the configuration says it, or the flag; nil for
// nowhere.
func (a *Authentication) anonymousFrom(config *oidc.Configuration) (*authn.Anonymous, error) {
	switch {
	case config == nil || config.Anonymous == nil:
		if !a.Anonymous {
			return nil, nil
		}
		return &authn.Anonymous{}, nil
	case a.AnonymousGiven:
		return nil, errors.New("--anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file")
	case !config.Anonymous.Enabled:
		return nil, nil
	}
	return &authn.Anonymous{Paths: config.Anonymous.AnonymousPaths()}, nil
}

// tokenAuthenticators are the mechanisms of bearer tokens, those that need nobody else first.
func (a *Authentication) tokenAuthenticators(life context.Context, accounts *accounts, issuers authn.TokenAuthenticator, log *slog.Logger) (authn.Tokens, error) {
	var all authn.Tokens
	local := func(inner authn.TokenAuthenticator) authn.TokenAuthenticator {
		return authn.Agnostic{Own: accounts.audiences, Inner: inner}
	}
	if a.TokenFile != "" {
		tokens, err := authn.NewTokenFile(a.TokenFile)
		if err != nil {
			return nil, err
		}
		all = append(all, local(tokens))
	}
	all = append(all, accounts.tokens...)
	if a.BootstrapTokens {
		all = append(all, local(authn.BootstrapTokens{Secret: accounts.lookup.Secret, Log: log}))
	}
	if issuers != nil {
		all = append(all, local(issuers))
	}
	webhook, err := a.Webhook.open(life, accounts.audiences, log)
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
