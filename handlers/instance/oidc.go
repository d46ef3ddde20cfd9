package instance

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authn/oidc"
)

// OIDC says which OpenID issuers' tokens are accepted.
type OIDC struct {
	// ConfigFile is an authentication configuration, in place of everything else here.
	ConfigFile string
	// Issuer is the URL of an issuer, ClientID the audience that its tokens must be for, CAFile its authority.
	Issuer, ClientID, CAFile string
	// UsernameClaim and GroupsClaim are where the user is named; what is put before a name is a prefix, - for nothing.
	UsernameClaim, GroupsClaim   string
	UsernamePrefix, GroupsPrefix string
	Algorithms                   []string
	// RequiredClaims are those that a token must have, as key=value.
	RequiredClaims []string
}

func (o *OIDC) validate(fault func(format string, a ...any)) {
	if o.Issuer != "" && o.ConfigFile != "" {
		fault("authentication-config file and oidc-* flags are mutually exclusive")
	}
	if (o.Issuer == "") != (o.ClientID == "") {
		fault("oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set")
	}
	for _, a := range o.Algorithms {
		if !slices.Contains(oidc.AllAlgorithms, a) {
			fault("oidc-signing-algs: unsupported signing alg: %q", a)
		}
	}
	for _, c := range o.RequiredClaims {
		if key, _, ok := strings.Cut(c, "="); !ok || key == "" {
			fault("--oidc-required-claim %q: expected key=value", c)
		}
	}
}

// remembered is how long a verified token counts without being verified again (upstream's figure).
const remembered = 10 * time.Second

// authenticator accepts the issuers' tokens; nil without issuers. The configuration is nil without a file.
func (o *OIDC) authenticator(life context.Context, taken []string, log *slog.Logger) (authn.TokenAuthenticator, *oidc.Configuration, error) {
	if o.ConfigFile != "" {
		a, c, err := oidc.Open(life, o.ConfigFile, taken, log)
		if err != nil {
			return nil, nil, err
		}
		// What is remembered must not outlive the configuration, which can change, by more than a moment.
		return authn.NewCache(a, remembered, 0), c, nil
	}
	if o.Issuer == "" {
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
	a, err := oidc.New(life, c.JWT, o.Algorithms, log)
	if err != nil {
		return nil, nil, err
	}
	return authn.NewCache(a, remembered, 0), nil, nil
}

// legacy is what the flags say as a configuration.
func (o *OIDC) legacy() (oidc.Issuer, error) {
	i := oidc.Issuer{Issuer: oidc.IssuerAt{URL: o.Issuer, Audiences: []string{o.ClientID}}}
	prefix := o.UsernamePrefix
	switch {
	case prefix == "-":
		prefix = ""
	case prefix == "" && o.UsernameClaim != "email":
		prefix = o.Issuer + "#"
	}
	i.ClaimMappings.Username = oidc.Mapping{Claim: o.UsernameClaim, Prefix: &prefix}
	if o.GroupsClaim != "" {
		i.ClaimMappings.Groups = oidc.Mapping{Claim: o.GroupsClaim, Prefix: &o.GroupsPrefix}
	}
	if o.CAFile != "" {
		ca, err := os.ReadFile(o.CAFile)
		if err != nil {
			return i, fmt.Errorf("--oidc-ca-file: %w", err)
		}
		i.Issuer.CertificateAuthority = string(ca)
	}
	for _, c := range o.RequiredClaims {
		key, value, _ := strings.Cut(c, "=")
		i.ClaimValidationRules = append(i.ClaimValidationRules, oidc.ClaimRule{Claim: key, RequiredValue: value})
	}
	return i, nil
}
