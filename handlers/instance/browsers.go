package instance

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// errNotPinned says what an expression must have, or an origin that only contains an allowed one would be allowed.
var errNotPinned = errors.New("regular expression does not pin to start/end of host in the origin header")

// origins reads the expressions of --cors-allowed-origins.
func origins(list []string) (all []*regexp.Regexp, err error) {
	for _, text := range list {
		if text == "" {
			return nil, errors.New("empty value in --cors-allowed-origins")
		}
		e, err := regexp.Compile(text)
		if err == nil && (!strings.Contains(text, "^") && !strings.Contains(text, "//") || !strings.Contains(text, "$") && !strings.Contains(text, ":")) {
			err = errNotPinned
		}
		if err != nil {
			return nil, fmt.Errorf("--cors-allowed-origins has an invalid regular expression: %w", err)
		}
		all = append(all, e)
	}
	return all, nil
}

// cors lets browsers show the answers to pages of allowed origins, and answers their preflight requests, which have no
// credentials. The expressions were read before.
func cors(list []string, next http.Handler) http.Handler {
	allowed, err := origins(list)
	if len(allowed) == 0 || err != nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if origin == "" || !slices.ContainsFunc(allowed, func(e *regexp.Regexp) bool { return e.MatchString(origin) }) {
			next.ServeHTTP(w, r)
			return
		}
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE, PATCH")
		h.Set("Access-Control-Allow-Headers", "Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, X-Requested-With, If-Modified-Since")
		h.Set("Access-Control-Expose-Headers", "Date")
		h.Set("Access-Control-Allow-Credentials", "true")
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hsts tells browsers to come over HTTPS only.
func hsts(directives []string, next http.Handler) http.Handler {
	if len(directives) == 0 {
		return next
	}
	value := strings.Join(directives, "; ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", value)
		next.ServeHTTP(w, r)
	})
}
