package main

import (
	"crypto/x509"
	"log/slog"
	"slices"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
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
	union := authn.Union{}
	if o.insecurePort != 0 {
		union = append(union, loopback.Authenticator{})
	}
	union = append(union, authn.NewX509(func() *x509.CertPool { return c.clients }))
	if o.tokenFile != "" {
		tokens, err := authn.NewTokenFile(o.tokenFile)
		if err != nil {
			return nil, err
		}
		a.tokens = append(a.tokens, authn.Agnostic{Own: accounts.audiences, Inner: tokens})
	}
	a.tokens = append(a.tokens, accounts.tokens...)
	union = append(union,
		authn.Bearer{Tokens: a.tokens, Audiences: accounts.audiences},
		authn.WebSocket{Tokens: a.tokens, Audiences: accounts.audiences})
	// Where everything is allowed, nobody may be nameless.
	if o.anonymous && !slices.Contains(o.authorizationModes, "AlwaysAllow") {
		union = append(union, authn.Anonymous{})
	}
	a.requests = union
	return a, nil
}
