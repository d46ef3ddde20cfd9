package instance

import (
	"crypto"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authn/serviceaccount"
	"github.com/gatehouse-dev/gatehouse/handlers/pki"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// DefaultIssuer is the issuer of service account tokens when none is named: the name of the server inside a cluster.
const DefaultIssuer = "https://kubernetes.default.svc.cluster.local"

// ServiceAccounts says whose tokens are accepted and how tokens are made.
type ServiceAccounts struct {
	// Issuers are accepted, and the first one signs. Audiences are this server's own; the issuers when empty.
	Issuers, Audiences []string
	// KeyFiles verify; the public half of the signing key when empty. SigningKeyFile signs; a key is made when no key is given.
	KeyFiles       []string
	SigningKeyFile string
	// KeysURL is where others find the keys; on this server when empty.
	KeysURL string
	// Lookup takes a legacy token only while its secret and its account exist.
	Lookup bool
	// Extend lets the tokens that are put into pods live for a year. MaxExpiration is the longest life; 0 for no limit.
	Extend        bool
	MaxExpiration time.Duration
}

func (o *ServiceAccounts) validate(fault func(format string, a ...any)) {
	seen := map[string]bool{}
	for _, issuer := range o.Issuers {
		if strings.Contains(issuer, ":") {
			if _, err := url.Parse(issuer); err != nil {
				fault("service-account-issuer %q contained a ':' but was not a valid URL: %v", issuer, err)
				continue
			}
		}
		switch {
		case issuer == "":
			fault("service-account-issuer should not be an empty string")
		case seen[issuer]:
			fault("service-account-issuer %q is already specified", issuer)
		}
		seen[issuer] = true
	}
	if o.KeysURL != "" {
		if u, err := url.Parse(o.KeysURL); err != nil {
			fault("service-account-jwks-uri must be a valid URL: %v", err)
		} else if u.Scheme != "https" {
			fault("service-account-jwks-uri requires https scheme, parsed as: %v", u)
		}
	}
	if o.MaxExpiration != 0 && (o.MaxExpiration < time.Hour || o.MaxExpiration > (1<<32)*time.Second) {
		fault("the service-account-max-token-expiration must be between 1 hour and 2^32 seconds")
	}
}

// accounts is what the settings come to.
type accounts struct {
	issuers, audiences []string
	tokens             authn.Tokens
	lookup             *serviceaccount.Lookup
	// issuer is nil when the server has no key to sign with.
	issuer *serviceaccount.Issuer
	// pages are nil for an issuer that OpenID does not allow.
	pages http.Handler
}

// accountKeys are the key that signs, which is nil when only others sign, and those that verify.
func (o *Config) accountKeys(log *slog.Logger) (crypto.Signer, *serviceaccount.Keys, error) {
	keyFiles, signing := o.Authentication.ServiceAccounts.KeyFiles, o.Authentication.ServiceAccounts.SigningKeyFile
	if len(keyFiles) == 0 && signing == "" {
		if o.Serving.CertDir == "" {
			log.Warn("service accounts' tokens are signed with a key in memory: they end with this process, and no other server accepts them; --service-account-signing-key-file names one that stays")
			key, err := pki.NewSigningKey()
			if err != nil {
				return nil, nil, err
			}
			keys, err := serviceaccount.NewKeys(key.Public())
			return key, keys, err
		}
		var public string
		var err error
		if signing, public, err = pki.SigningKey(o.Serving.CertDir, "sa"); err != nil {
			return nil, nil, err
		}
		keyFiles = []string{public}
	}
	if len(keyFiles) == 0 {
		keyFiles = []string{signing}
	}
	keys, err := serviceaccount.ReadKeys(keyFiles...)
	if err != nil || signing == "" {
		return nil, keys, err
	}
	signer, err := serviceaccount.ReadSigner(signing)
	return signer, keys, err
}

func (o *Config) newServiceAccounts(store storage.Store, address string, log *slog.Logger) (*accounts, error) {
	f := &o.Authentication.ServiceAccounts
	issuers := f.Issuers
	if len(issuers) == 0 {
		issuers = []string{DefaultIssuer}
	}
	audiences := f.Audiences
	if len(audiences) == 0 {
		audiences = issuers
	}
	signer, keys, err := o.accountKeys(log)
	if err != nil {
		return nil, err
	}
	lookup := serviceaccount.NewLookup(store)
	s := &accounts{issuers: issuers, audiences: audiences, lookup: lookup, tokens: authn.Tokens{
		serviceaccount.NewLegacyTokens(keys, audiences, f.Lookup, lookup, log),
		serviceaccount.NewBoundTokens(keys, issuers, audiences, lookup),
	}}
	if signer != nil {
		if s.issuer, err = serviceaccount.NewIssuer(issuers[0], signer); err != nil {
			return nil, err
		}
		s.issuer.Audiences, s.issuer.MaxLife, s.issuer.Extend = audiences, f.MaxExpiration, f.Extend
	}
	host := o.Serving.ExternalHostname
	if host == "" {
		host = address
	}
	if o.Serving.Port != 443 {
		host = net.JoinHostPort(host, strconv.Itoa(o.Serving.Port))
	}
	pages, err := serviceaccount.NewPages(issuers[0], f.KeysURL, host, keys)
	if err != nil {
		log.Info("no OpenID discovery of service account tokens", "error", fmt.Errorf("--service-account-issuer: %w", err))
		return s, nil
	}
	s.pages = pages
	return s, nil
}
