package main

import (
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authn/oidc"
)

// oidcOptions are the flags about OpenID Connect issuers.
type oidcOptions struct {
	configFile                   string
	issuer, clientID, caFile     string
	usernameClaim, groupsClaim   string
	usernamePrefix, groupsPrefix string
	algorithms, requiredClaims   []string
}

func (o *oidcOptions) register(s *flagSets) {
	f := s.in("authentication")
	f.StringVar(&o.configFile, "authentication-config", "", "Authentication configuration (apiserver.config.k8s.io) with the issuers of tokens that are accepted, and where requests may be anonymous.")
	f.StringVar(&o.issuer, "oidc-issuer-url", "", "URL of an OpenID issuer whose tokens are accepted; https only.")
	f.StringVar(&o.clientID, "oidc-client-id", "", "Audience that its tokens must be for.")
	f.StringVar(&o.caFile, "oidc-ca-file", "", "Authority of the issuer's certificate; the system's when empty.")
	f.StringVar(&o.usernameClaim, "oidc-username-claim", "sub", "Claim with the name of the user.")
	f.StringVar(&o.usernamePrefix, "oidc-username-prefix", "", "What is put before the name; the issuer's URL when empty, except for mail addresses; - for nothing.")
	f.StringVar(&o.groupsClaim, "oidc-groups-claim", "", "Claim with the groups of the user.")
	f.StringVar(&o.groupsPrefix, "oidc-groups-prefix", "", "What is put before each group.")
	f.StringSliceVar(&o.algorithms, "oidc-signing-algs", []string{"RS256"}, "Signatures that are accepted: "+strings.Join(oidc.AllAlgorithms, ", ")+".")
	f.StringArrayVar(&o.requiredClaims, "oidc-required-claim", nil, "Claim that a token must have, as key=value; may be repeated.")
}

func (o *oidcOptions) validate(set *pflag.FlagSet, fault func(format string, a ...any)) {
	given := false
	set.Visit(func(f *pflag.Flag) { given = given || strings.HasPrefix(f.Name, "oidc-") })
	if given && (o.issuer == "" || o.clientID == "") {
		fault("oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set")
	}
	if given && o.configFile != "" {
		fault("authentication-config file and oidc-* flags are mutually exclusive")
	}
	for _, a := range o.algorithms {
		if !slices.Contains(oidc.AllAlgorithms, a) {
			fault("oidc-signing-algs: unsupported signing alg: %q", a)
		}
	}
	for _, c := range o.requiredClaims {
		if key, _, ok := strings.Cut(c, "="); !ok || key == "" {
			fault("--oidc-required-claim %q: expected key=value", c)
		}
	}
}

// remembered is how long a verified token counts without being verified again (the original's figure).
const remembered = 10 * time.Second

// authenticator accepts the issuers' tokens; nil without issuers. The configuration is nil without a file.
func (o *oidcOptions) authenticator(taken []string, log *slog.Logger) (authn.TokenAuthenticator, *oidc.Configuration, error) {
	if o.configFile != "" {
		a, c, err := oidc.Open(o.configFile, taken, log)
		if err != nil {
			return nil, nil, err
		}
		// What is remembered must not outlive the configuration, which can change, by more than a moment.
		return authn.NewCache(a, remembered, 0), c, nil
	}
	if o.issuer == "" {
		return nil, nil, nil
	}
	issuer, err := o.legacy()
	if err != nil {
		return nil, nil, err
	}
	c := &oidc.Configuration{JWT: []oidc.Issuer{issuer}}
	if err := c.Validate(taken); err != nil {
		return nil, nil, fmt.Errorf("invalid authentication configuration: %w", err)
	}
	a, err := oidc.New(c.JWT, o.algorithms, log)
	if err != nil {
		return nil, nil, err
	}
	return authn.NewCache(a, remembered, 0), nil, nil
}

// legacy is what the flags say as a configuration.
func (o *oidcOptions) legacy() (oidc.Issuer, error) {
	i := oidc.Issuer{Issuer: oidc.IssuerAt{URL: o.issuer, Audiences: []string{o.clientID}}}
	prefix := o.usernamePrefix
	switch {
	case prefix == "-":
		prefix = ""
	case prefix == "" && o.usernameClaim != "email":
		prefix = o.issuer + "#"
	}
	i.ClaimMappings.Username = oidc.Mapping{Claim: o.usernameClaim, Prefix: &prefix}
	if o.groupsClaim != "" {
		i.ClaimMappings.Groups = oidc.Mapping{Claim: o.groupsClaim, Prefix: &o.groupsPrefix}
	}
	if o.caFile != "" {
		ca, err := os.ReadFile(o.caFile)
		if err != nil {
			return i, fmt.Errorf("--oidc-ca-file: %w", err)
		}
		i.Issuer.CertificateAuthority = string(ca)
	}
	for _, c := range o.requiredClaims {
		key, value, _ := strings.Cut(c, "=")
		i.ClaimValidationRules = append(i.ClaimValidationRules, oidc.ClaimRule{Claim: key, RequiredValue: value})
	}
	return i, nil
}
