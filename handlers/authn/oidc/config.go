// Package oidc accepts the tokens of OpenID Connect issuers: those that flags or an authentication configuration file
// name, several at once, with claims mapped to users by name or by CEL expressions.
package oidc

import (
	"fmt"
	"slices"

	"sigs.k8s.io/yaml"
)

// Configuration is the content of an authentication configuration file.
type Configuration struct {
	Kind       string     `json:"kind"`
	APIVersion string     `json:"apiVersion"`
	JWT        []Issuer   `json:"jwt"`
	Anonymous  *Anonymous `json:"anonymous"`
}

// Anonymous says whether, and where, requests without credentials are taken.
type Anonymous struct {
	Enabled    bool        `json:"enabled"`
	Conditions []Condition `json:"conditions"`
}

// Condition is a path at which requests without credentials are taken.
type Condition struct {
	Path string `json:"path"`
}

// Issuer is one issuer of tokens and what its claims mean.
type Issuer struct {
	Issuer               IssuerAt    `json:"issuer"`
	ClaimValidationRules []ClaimRule `json:"claimValidationRules"`
	ClaimMappings        Mappings    `json:"claimMappings"`
	UserValidationRules  []UserRule  `json:"userValidationRules"`
}

// IssuerAt is where an issuer is and which of its tokens are for this server.
type IssuerAt struct {
	URL                  string   `json:"url"`
	DiscoveryURL         string   `json:"discoveryURL"`
	CertificateAuthority string   `json:"certificateAuthority"`
	Audiences            []string `json:"audiences"`
	AudienceMatchPolicy  string   `json:"audienceMatchPolicy"`
	EgressSelectorType   string   `json:"egressSelectorType"`
}

// ClaimRule is something that must hold of the claims: that one has a value, or an expression.
type ClaimRule struct {
	Claim         string `json:"claim"`
	RequiredValue string `json:"requiredValue"`
	Expression    string `json:"expression"`
	Message       string `json:"message"`
}

// Mappings say which claims are what of a user.
type Mappings struct {
	Username Mapping        `json:"username"`
	Groups   Mapping        `json:"groups"`
	UID      Mapping        `json:"uid"`
	Extra    []ExtraMapping `json:"extra"`
}

// Mapping is the name of a claim, with a prefix before its value, or an expression.
type Mapping struct {
	Claim      string  `json:"claim"`
	Prefix     *string `json:"prefix"`
	Expression string  `json:"expression"`
}

// ExtraMapping is an expression for the values of one key of the extra.
type ExtraMapping struct {
	Key             string `json:"key"`
	ValueExpression string `json:"valueExpression"`
}

// UserRule is an expression that must hold of the user that came out.
type UserRule struct {
	Expression string `json:"expression"`
	Message    string `json:"message"`
}

var versions = []string{"apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1", "apiserver.config.k8s.io/v1alpha1"}

// Parse reads a configuration and finds what is wrong with it. Issuers in taken are somebody else's: the server's own.
func Parse(text []byte, taken []string) (*Configuration, error) {
	c := &Configuration{}
	if err := yaml.UnmarshalStrict(text, c); err != nil {
		return nil, fmt.Errorf("failed decoding: %w", err)
	}
	if c.Kind != "AuthenticationConfiguration" || !slices.Contains(versions, c.APIVersion) {
		return nil, fmt.Errorf("failed decoding: no kind %q is known in %q, only AuthenticationConfiguration of %s", c.Kind, c.APIVersion, versions[0])
	}
	if err := c.Validate(taken); err != nil {
		return nil, fmt.Errorf("invalid authentication configuration: %w", err)
	}
	return c, nil
}

// AnonymousPaths are the paths that Conditions name; nil for every path.
func (a *Anonymous) AnonymousPaths() []string {
	var paths []string
	for _, c := range a.Conditions {
		paths = append(paths, c.Path)
	}
	return paths
}
