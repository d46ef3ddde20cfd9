package harness

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
)

// Transport trusts the server's authority and shows no credentials.
func (s *Server) Transport() *http.Transport {
	s.t.Helper()
	b, err := os.ReadFile(s.CA())
	if err != nil {
		s.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(b) {
		s.t.Fatalf("%s has no certificate", s.CA())
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	s.t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// Client speaks to the server with a token, or without credentials if it is empty.
func (s *Server) Client(token string) *http.Client {
	s.t.Helper()
	return &http.Client{Transport: bearer{s.Transport(), token}}
}

type bearer struct {
	next  http.RoundTripper
	token string
}

// RoundTrip adds the token to a copy, as a transport must not change its caller's request.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.token != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	return b.next.RoundTrip(r)
}
