package golden

import (
	"crypto/tls"
	"net/http"
)

// TokenClient is a client that presents a bearer token, and asks for no compression, so that bodies come as written.
func TokenClient(transport *http.Transport, token string) *http.Client {
	own := transport.Clone()
	own.DisableCompression = true
	first := own.Clone()
	first.ForceAttemptHTTP2 = false
	if first.TLSClientConfig == nil {
		first.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	first.TLSClientConfig.NextProtos = []string{"http/1.1"}
	return &http.Client{Transport: bearer{own, first, token}}
}

// bearer presents a token. Only HTTP/1.1 can be left for another protocol, so what asks for that goes over first.
type bearer struct {
	next, first http.RoundTripper
	token       string
}

// RoundTrip adds the token to a copy, as a transport must not change the caller's request. A request that speaks of its
// authorization itself, be it to have none, is left alone.
func (b bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, own := req.Header["Authorization"]; b.token != "" && !own {
		req = req.Clone(req.Context())
		req.Header.Set("Authorization", "Bearer "+b.token)
	}
	if len(req.Header["Upgrade"]) > 0 {
		return b.first.RoundTrip(req)
	}
	return b.next.RoundTrip(req)
}
