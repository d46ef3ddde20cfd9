package authn

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// ProxyHeaders are the headers in which a front proxy names the user.
type ProxyHeaders struct {
	User, UID, Group []string
	// ExtraPrefix begins the names of headers whose rest is a key of the extra, percent-encoded.
	ExtraPrefix []string
}

// StandardProxyHeaders are removed from every request, also when a proxy is configured to send others.
var StandardProxyHeaders = ProxyHeaders{
	User: []string{"X-Remote-User"}, UID: []string{"X-Remote-Uid"}, Group: []string{"X-Remote-Group"}, ExtraPrefix: []string{"X-Remote-Extra-"},
}

// Remove takes all of them out, so that nothing behind this server believes what a client wrote.
func (p ProxyHeaders) Remove(h http.Header) {
	for _, list := range [][]string{p.User, p.UID, p.Group} {
		for _, name := range list {
			h.Del(name)
		}
	}
	for _, prefix := range p.ExtraPrefix {
		for name := range h {
			if cutPrefixFold(name, prefix) != "" || strings.EqualFold(name, prefix) {
				delete(h, name)
			}
		}
	}
}

// user reads the headers; nil without a name.
func (p ProxyHeaders) user(h http.Header) *resource.UserInfo {
	u := &resource.UserInfo{Name: first(h, p.User), UID: first(h, p.UID)}
	if u.Name == "" {
		return nil
	}
	for _, name := range p.Group {
		for _, v := range h.Values(name) {
			if v != "" {
				u.Groups = append(u.Groups, v)
			}
		}
	}
	for _, prefix := range p.ExtraPrefix {
		for name, values := range h {
			if key := cutPrefixFold(name, prefix); key != "" {
				AddExtra(u, key, values)
			}
		}
	}
	return u
}

func first(h http.Header, names []string) string {
	for _, name := range names {
		if v := h.Get(name); v != "" {
			return v
		}
	}
	return ""
}

// cutPrefixFold is what follows prefix in s, compared without case; empty when s does not begin with it.
func cutPrefixFold(s, prefix string) string {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return ""
	}
	return s[len(prefix):]
}

// FrontProxy believes the user headers of a request whose connection shows a certificate of the proxies' authority, and
// of nobody else.
type FrontProxy struct {
	// Roots are the authorities of the proxies' certificates; nil are none.
	Roots func() *x509.CertPool
	// Names are the common names that a proxy may have; any when empty.
	Names   []string
	Headers ProxyHeaders
}

// Authenticate takes the headers away once it has used them.
func (a FrontProxy) Authenticate(r *http.Request) (*resource.UserInfo, error) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil, ErrNoCredentials
	}
	roots := a.Roots()
	if roots == nil {
		return nil, ErrNoCredentials
	}
	if _, err := verify(r.TLS.PeerCertificates, roots); err != nil {
		return nil, err
	}
	if name := r.TLS.PeerCertificates[0].Subject.CommonName; len(a.Names) > 0 && !slices.Contains(a.Names, name) {
		return nil, fmt.Errorf("x509: subject with cn=%s is not in the allowed list", name)
	}
	user := a.Headers.user(r.Header)
	if user == nil {
		return nil, ErrNoCredentials
	}
	a.Headers.Remove(r.Header)
	return user, nil
}

// AddExtra adds what a header says about a user, under what its name says after the prefix: in lower case, since headers have
// no case, with what a header's name cannot hold escaped as in a path.
func AddExtra(u *resource.UserInfo, name string, values []string) {
	key := strings.ToLower(name)
	if plain, err := url.PathUnescape(key); err == nil {
		key = plain
	}
	if u.Extra == nil {
		u.Extra = map[string][]string{}
	}
	u.Extra[key] = append(u.Extra[key], values...)
}
