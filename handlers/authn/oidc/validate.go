package oidc

import (
	"crypto/x509"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// mostIssuers is how many one configuration may have.
const mostIssuers = 64

// Validate finds everything that is wrong.
func (c *Configuration) Validate(taken []string) error {
	root := field.NewPath("jwt")
	var errs field.ErrorList
	if len(c.JWT) > mostIssuers {
		return field.ErrorList{field.TooMany(root, len(c.JWT), mostIssuers)}.ToAggregate()
	}
	urls := map[string]bool{}
	for i := range c.JWT {
		j, path := &c.JWT[i], root.Index(i)
		for _, at := range []struct{ name, url string }{{"url", j.Issuer.URL}, {"discoveryURL", j.Issuer.DiscoveryURL}} {
			if at.url != "" && urls[at.url] {
				errs = append(errs, field.Duplicate(path.Child("issuer", at.name), at.url))
			}
			urls[at.url] = true
		}
		errs = append(errs, j.Issuer.validate(path.Child("issuer"), taken)...)
		_, faults := compile(j, path)
		errs = append(errs, faults...)
	}
	if a := c.Anonymous; a != nil && !a.Enabled && len(a.Conditions) > 0 {
		errs = append(errs, field.Invalid(field.NewPath("anonymous", "conditions"), a.Conditions, "enabled should be set to true when conditions are defined"))
	}
	return errs.ToAggregate()
}

func (i *IssuerAt) validate(path *field.Path, taken []string) (errs field.ErrorList) {
	if i.URL == "" {
		errs = append(errs, field.Required(path.Child("url"), ""))
	} else {
		errs = append(errs, validateURL(i.URL, path.Child("url"), taken)...)
	}
	if i.DiscoveryURL != "" {
		if strings.TrimRight(i.DiscoveryURL, "/") == strings.TrimRight(i.URL, "/") {
			errs = append(errs, field.Invalid(path.Child("discoveryURL"), i.DiscoveryURL, "discoveryURL must be different from URL"))
		}
		errs = append(errs, validateURL(i.DiscoveryURL, path.Child("discoveryURL"), nil)...)
	}
	audiences := path.Child("audiences")
	if len(i.Audiences) == 0 {
		errs = append(errs, field.Required(audiences, fmt.Sprintf("at least one %s is required", audiences)))
	}
	for n, a := range i.Audiences {
		switch {
		case a == "":
			errs = append(errs, field.Required(audiences.Index(n), ""))
		case slices.Contains(i.Audiences[:n], a):
			errs = append(errs, field.Duplicate(audiences.Index(n), a))
		}
	}
	policy := path.Child("audienceMatchPolicy")
	switch {
	case len(i.Audiences) > 1 && i.AudienceMatchPolicy != "MatchAny":
		errs = append(errs, field.Invalid(policy, i.AudienceMatchPolicy, "audienceMatchPolicy must be MatchAny for multiple audiences"))
	case len(i.Audiences) == 1 && i.AudienceMatchPolicy != "" && i.AudienceMatchPolicy != "MatchAny":
		errs = append(errs, field.Invalid(policy, i.AudienceMatchPolicy, "audienceMatchPolicy must be empty or MatchAny for single audience"))
	}
	if i.CertificateAuthority != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(i.CertificateAuthority)) {
		errs = append(errs, field.Invalid(path.Child("certificateAuthority"), "<omitted>", "data does not contain any valid RSA or ECDSA certificates"))
	}
	if i.EgressSelectorType != "" {
		errs = append(errs, field.Invalid(path.Child("egressSelectorType"), i.EgressSelectorType, "egress selectors are not supported by this server"))
	}
	return errs
}

func validateURL(text string, path *field.Path, taken []string) (errs field.ErrorList) {
	if slices.Contains(taken, text) {
		errs = append(errs, field.Invalid(path, text, fmt.Sprintf("URL must not overlap with disallowed issuers: %s", taken)))
	}
	u, err := url.Parse(text)
	if err != nil {
		return append(errs, field.Invalid(path, text, err.Error()))
	}
	for fault, wrong := range map[string]bool{
		"URL scheme must be https": u.Scheme != "https", "URL must not contain a username or password": u.User != nil,
		"URL must not contain a query": u.RawQuery != "", "URL must not contain a fragment": u.Fragment != "",
	} {
		if wrong {
			errs = append(errs, field.Invalid(path, text, fault))
		}
	}
	return errs
}

// validateKey: a key of the extra must belong to a domain, and not to Kubernetes'.
func validateKey(key string, path *field.Path) field.ErrorList {
	errs := validation.IsDomainPrefixedPath(path, key)
	if key != strings.ToLower(key) {
		errs = append(errs, field.Invalid(path, key, "must be lowercase"))
	}
	domain, _, _ := strings.Cut(key, "/")
	for _, own := range []string{"k8s.io", "kubernetes.io"} {
		if domain == own || strings.HasSuffix(domain, "."+own) {
			errs = append(errs, field.Invalid(path, key, "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use"))
		}
	}
	return errs
}
