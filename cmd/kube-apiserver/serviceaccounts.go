package main

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

// defaultIssuer is the issuer of service account tokens when none is named: the name of the server inside a cluster.
const defaultIssuer = "https://kubernetes.default.svc.cluster.local"

// serviceAccountOptions are the flags about the tokens of service accounts.
type serviceAccountOptions struct {
	issuers, keyFiles, audiences []string
	signingKeyFile, keysURL      string
	lookup, extend               bool
	maxExpiration                time.Duration
}

func (o *serviceAccountOptions) register(s *flagSets) {
	o.lookup, o.extend = true, true
	f := s.in("authentication")
	f.StringSliceVar(&o.audiences, "api-audiences", nil, "Audiences of this server: a service account's token must be for one of them. The issuers when empty.")
	f.StringArrayVar(&o.keyFiles, "service-account-key-file", nil, "PEM file of keys that verify service accounts' tokens; may be repeated. The public half of the signing key when empty.")
	f.BoolVar(&o.lookup, "service-account-lookup", o.lookup, "Take a legacy service account token only while its secret and its service account exist.")
	f.StringArrayVar(&o.issuers, "service-account-issuer", nil, "Issuer of service accounts' tokens; may be repeated: all are accepted, the first one signs. "+defaultIssuer+" when empty.")
	f.StringVar(&o.keysURL, "service-account-jwks-uri", "", "Where others find the keys that verify service accounts' tokens; on this server when empty.")
	f.DurationVar(&o.maxExpiration, "service-account-max-token-expiration", 0, "Longest life of a service account's token.")
	f.BoolVar(&o.extend, "service-account-extend-token-expiration", o.extend, "Let the tokens that are put into pods live for a year, and tell the audit log when one is used after its time.")
	f.StringVar(&o.signingKeyFile, "service-account-signing-key-file", "", "PEM file of the private key that signs service accounts' tokens; made as sa.key in --cert-dir when no key of service accounts is given.")
}

func (o *serviceAccountOptions) validate(fault func(format string, a ...any)) {
	seen := map[string]bool{}
	for _, issuer := range o.issuers {
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
	if o.keysURL != "" {
		if u, err := url.Parse(o.keysURL); err != nil {
			fault("service-account-jwks-uri must be a valid URL: %v", err)
		} else if u.Scheme != "https" {
			fault("service-account-jwks-uri requires https scheme, parsed as: %v", u)
		}
	}
	if o.maxExpiration != 0 && (o.maxExpiration < time.Hour || o.maxExpiration > (1<<32)*time.Second) {
		fault("the service-account-max-token-expiration must be between 1 hour and 2^32 seconds")
	}
}

// serviceAccounts is what the flags come to.
type serviceAccounts struct {
	issuers, audiences []string
	tokens             authn.Tokens
	lookup             *serviceaccount.Lookup
	// issuer is nil when the server has no key to sign with.
	issuer *serviceaccount.Issuer
	// pages are nil for an issuer that OpenID does not allow.
	pages http.Handler
}

// accountKeys are the key that signs, which is nil when only others sign, and those that verify.
func (o *options) accountKeys(log *slog.Logger) (crypto.Signer, *serviceaccount.Keys, error) {
	keyFiles, signing := o.serviceAccounts.keyFiles, o.serviceAccounts.signingKeyFile
	if len(keyFiles) == 0 && signing == "" {
		if o.certDir == "" {
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
		if signing, public, err = pki.SigningKey(o.certDir, "sa"); err != nil {
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

func (o *options) newServiceAccounts(store storage.Store, address string, log *slog.Logger) (*serviceAccounts, error) {
	f := &o.serviceAccounts
	issuers := f.issuers
	if len(issuers) == 0 {
		issuers = []string{defaultIssuer}
	}
	audiences := f.audiences
	if len(audiences) == 0 {
		audiences = issuers
	}
	signer, keys, err := o.accountKeys(log)
	if err != nil {
		return nil, err
	}
	lookup := serviceaccount.NewLookup(store)
	s := &serviceAccounts{issuers: issuers, audiences: audiences, lookup: lookup, tokens: authn.Tokens{
		serviceaccount.NewLegacyTokens(keys, audiences, f.lookup, lookup, log),
		serviceaccount.NewBoundTokens(keys, issuers, audiences, lookup),
	}}
	if signer != nil {
		if s.issuer, err = serviceaccount.NewIssuer(issuers[0], signer); err != nil {
			return nil, err
		}
		s.issuer.Audiences, s.issuer.MaxLife, s.issuer.Extend = audiences, f.maxExpiration, f.extend
	}
	host := o.externalHostname
	if host == "" {
		host = address
	}
	if o.securePort != 443 {
		host = net.JoinHostPort(host, strconv.Itoa(o.securePort))
	}
	pages, err := serviceaccount.NewPages(issuers[0], f.keysURL, host, keys)
	if err != nil {
		log.Info("no OpenID discovery of service account tokens", "error", fmt.Errorf("--service-account-issuer: %w", err))
		return s, nil
	}
	s.pages = pages
	return s, nil
}
