package serviceaccount

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// The pages from which others learn to verify this server's tokens.
const (
	ConfigurationPath = "/.well-known/openid-configuration"
	KeysPath          = "/openid/v1/jwks"
)

// keysLife is how long, in seconds, others may keep the pages.
const keysLife = 3600

// Pages are the OpenID discovery of an issuer of tokens. They never change.
type Pages struct{ configuration, keys []byte }

// NewPages fails for an issuer that OpenID does not allow: then the server has no such pages. keysURL is where the keys
// are; empty means at host.
func NewPages(issuer, keysURL, host string, keys *Keys) (*Pages, error) {
	u, err := url.Parse(issuer)
	switch {
	case err != nil:
		return nil, err
	case issuer == "":
		return nil, fmt.Errorf("empty issuer URL")
	case u.Scheme != "https":
		return nil, fmt.Errorf("issuer URL must use https scheme, got: %s", issuer)
	case u.RawQuery != "":
		return nil, fmt.Errorf("issuer URL may not include a query, got: %s", issuer)
	case u.Fragment != "":
		return nil, fmt.Errorf("issuer URL may not include a fragment, got: %s", issuer)
	}
	if keysURL == "" {
		keysURL = (&url.URL{Scheme: "https", Host: host, Path: KeysPath}).String()
	} else if u, err := url.Parse(keysURL); err != nil {
		return nil, err
	} else if u.Scheme != "https" {
		return nil, fmt.Errorf("jwksURI requires https scheme, parsed as: %v", u)
	}
	var set jose.JSONWebKeySet
	var names []string
	for _, k := range keys.all {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.Public, KeyID: k.ID, Algorithm: string(k.Algorithm), Use: "sig"})
		names = append(names, string(k.Algorithm))
	}
	slices.Sort(names)
	p := &Pages{}
	if p.keys, err = json.Marshal(set); err != nil {
		return nil, fmt.Errorf("encoding the keys of service account tokens: %w", err)
	}
	p.configuration, err = json.Marshal(struct {
		Issuer        string   `json:"issuer"`
		KeysURL       string   `json:"jwks_uri"`
		ResponseTypes []string `json:"response_types_supported"`
		SubjectTypes  []string `json:"subject_types_supported"`
		Algorithms    []string `json:"id_token_signing_alg_values_supported"`
	}{issuer, keysURL, []string{"id_token"}, []string{"public"}, slices.Compact(names)})
	if err != nil {
		return nil, fmt.Errorf("encoding the OpenID configuration: %w", err)
	}
	return p, nil
}

// ServeHTTP implements http.Handler for both paths.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, kind := p.configuration, "application/json"
	switch r.URL.Path {
	case ConfigurationPath:
	case KeysPath:
		body, kind = p.keys, "application/jwk-set+json"
	default:
		http.Error(w, "404 page not found", http.StatusNotFound)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "405: Method Not Allowed", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%d", keysLife))
	_, _ = w.Write(body) // the client may have gone
}
