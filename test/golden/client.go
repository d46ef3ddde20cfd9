package golden

import "net/http"

// TokenClient is a client that presents a bearer token, and asks for no compression, so that bodies come as written.
func TokenClient(transport *http.Transport, token string) *http.Client {
	own := transport.Clone()
	own.DisableCompression = true
	return &http.Client{Transport: bearer{own, token}}
}

type bearer struct {
	next  http.RoundTripper
	token string
}

// RoundTrip adds the token to a copy, as a transport must not change the caller's request. A request that speaks of its
// authorization itself, be it to have none, is left alone.
func (b bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, own := req.Header["Authorization"]; b.token != "" && !own {
		req = req.Clone(req.Context())
		req.Header.Set("Authorization", "Bearer "+b.token)
	}
	return b.next.RoundTrip(req)
}
