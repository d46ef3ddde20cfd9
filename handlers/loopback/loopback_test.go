package loopback

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
)

func TestGuard(t *testing.T) {
	for _, c := range []struct {
		host   string
		header map[string]string
		want   int
	}{
		{"127.0.0.1:8080", nil, http.StatusOK},
		{"localhost:8080", nil, http.StatusOK},
		{"localhost", nil, http.StatusOK},
		{"[::1]:8080", nil, http.StatusOK},
		{"127.8.8.8", nil, http.StatusOK},
		{"rebound.example:8080", nil, http.StatusForbidden},
		{"localhost.example", nil, http.StatusForbidden},
		{"10.0.0.1:8080", nil, http.StatusForbidden},
		{"", nil, http.StatusForbidden},
		{"localhost:8080", map[string]string{"Origin": "http://localhost:8080"}, http.StatusOK},
		{"localhost:8080", map[string]string{"Origin": "http://localhost:9999"}, http.StatusForbidden},
		{"localhost:8080", map[string]string{"Origin": "https://evil.example"}, http.StatusForbidden},
		{"localhost:8080", map[string]string{"Origin": "null"}, http.StatusForbidden},
		{"localhost:8080", map[string]string{"Sec-Fetch-Site": "cross-site"}, http.StatusForbidden},
		{"localhost:8080", map[string]string{"Sec-Fetch-Site": "same-origin"}, http.StatusOK},
	} {
		r := httptest.NewRequest("POST", "/api/v1/namespaces", nil)
		r.Host = c.host
		for k, v := range c.header {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		Guard(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			u, err := Authenticator{}.Authenticate(r)
			if err != nil || u.Groups[0] != authn.GroupMasters {
				t.Errorf("behind the guard: %v, %v", u, err)
			}
		})).ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("Host %q, headers %v: %d, want %d", c.host, c.header, w.Code, c.want)
		}
	}
}

func TestOnlyBehindTheGuard(t *testing.T) {
	if _, err := (Authenticator{}).Authenticate(httptest.NewRequest("GET", "http://localhost/", nil)); err != authn.ErrNoCredentials {
		t.Errorf("a request that did not come through the guard: %v", err)
	}
}
