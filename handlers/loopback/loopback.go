// Package loopback guards the port on which every local process may do everything. Every process that can connect to it is
// trusted, but a browser opens connections for any page: so requests that a page of another origin causes, directly or by
// pointing its own name at this machine (DNS rebinding), are refused.
package loopback

import (
	"context"
	"net"
	"net/http"
	"net/url"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

type contextKey struct{}

// Guard marks requests as local for Authenticator, after it has refused those that a foreign page may have caused.
func Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLocal(r.Host) {
			http.Error(w, "the insecure port is served under loopback addresses and localhost only", http.StatusForbidden)
			return
		}
		if !sameSite(r) {
			http.Error(w, "the insecure port does not take requests from pages of other origins", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, true)))
	})
}

// isLocal says whether a Host header names this machine without asking any name server: a name that a stranger controls
// can point here.
func isLocal(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if host == "localhost" {
		return true
	}
	if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// sameSite says whether a request comes from a program or from a page of this port itself. Browsers tell the origin of
// every request that can change something.
func sameSite(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// Authenticator accepts requests that came through Guard as those of an administrator. It stands before all others.
type Authenticator struct{}

// Authenticate knows local requests by their context, which no client can set.
func (Authenticator) Authenticate(r *http.Request) (*resource.UserInfo, error) {
	if r.Context().Value(contextKey{}) == nil {
		return nil, authn.ErrNoCredentials
	}
	return &resource.UserInfo{Name: "system:unsecured", Groups: []string{authn.GroupMasters, authn.GroupAuthenticated}}, nil
}
