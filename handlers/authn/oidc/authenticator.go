package oidc

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/reload"
)

// Authenticator accepts the tokens of the configured issuers. Make one with New or Open.
type Authenticator struct {
	issuers func() map[string]*issuer
}

// New accepts the tokens of fixed issuers, signed by one of algorithms. Issuers are looked for until life ends.
func New(life context.Context, list []Issuer, algorithms []string, log *slog.Logger) (*Authenticator, error) {
	all, err := openAll(life, list, nil, algorithms, log)
	if err != nil {
		return nil, err
	}
	return &Authenticator{issuers: func() map[string]*issuer { return all }}, nil
}

// Open accepts the tokens of the issuers of a configuration file, which is read again when it changes. Issuers that did
// not change go on as they are. The first configuration is returned, for what else it says.
func Open(life context.Context, file string, taken []string, log *slog.Logger) (*Authenticator, *Configuration, error) {
	var first *Configuration
	var current map[string]*issuer // of the loads, which never run at the same time
	v, err := reload.Open(log, func(contents [][]byte) (map[string]*issuer, error) {
		c, err := Parse(contents[0], taken)
		if err != nil {
			return nil, err
		}
		next, err := openAll(life, c.JWT, current, AllAlgorithms, log)
		if err != nil {
			return nil, err
		}
		current = next
		if first == nil {
			first = c
		}
		return next, nil
	}, file)
	if err != nil {
		return nil, nil, fmt.Errorf("failed to load authentication configuration from file %q: %w", file, err)
	}
	return &Authenticator{issuers: v.Get}, first, nil
}

// openAll opens the issuers that are not among the old ones, and stops those of the old ones that are not listed.
func openAll(life context.Context, list []Issuer, old map[string]*issuer, algorithms []string, log *slog.Logger) (map[string]*issuer, error) {
	all := make(map[string]*issuer, len(list))
	for _, config := range list {
		if known := old[config.Issuer.URL]; known != nil && same(known.config, config) {
			all[config.Issuer.URL] = known
			continue
		}
		i, err := openIssuer(life, config, algorithms, log)
		if err != nil {
			for url, opened := range all {
				if opened != old[url] {
					opened.stop()
				}
			}
			return nil, err
		}
		all[config.Issuer.URL] = i
	}
	for url, i := range old {
		if all[url] != i {
			i.stop()
		}
	}
	return all, nil
}

// same compares what both say.
func same(a, b Issuer) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// AuthenticateToken asks the issuer that the token names.
func (a *Authenticator) AuthenticateToken(ctx context.Context, token string, _ []string) (*authn.Identity, error) {
	url := authn.IssuerOf(token)
	if url == "" {
		return nil, authn.ErrNoCredentials
	}
	i := a.issuers()[url]
	if i == nil {
		return nil, authn.ErrNoCredentials
	}
	return i.authenticate(ctx, token)
}
