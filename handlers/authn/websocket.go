package authn

import (
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// protocolPrefix begins the WebSocket subprotocol that carries a token: browsers let a page set no other header of a
// WebSocket request.
const protocolPrefix = "base64url.bearer.authorization.k8s.io."

const protocolHeader = "Sec-WebSocket-Protocol"

// WebSocket accepts a token that comes as a subprotocol of a WebSocket request, base64url-encoded without padding.
type WebSocket struct {
	Tokens    TokenAuthenticator
	Audiences []string
}

// The ways in which such a token can be wrong.
var (
	errTwoTokens   = errors.New("multiple base64.bearer.authorization tokens specified")
	errOnlyToken   = errors.New("missing additional subprotocol")
	errTokenCoding = errors.New("invalid base64.bearer.authorization token encoding")
	errTokenText   = errors.New("invalid base64.bearer.authorization token")
)

// Authenticate takes the subprotocol away once it was used, so that no backend sees it: the token was for this server.
func (a WebSocket) Authenticate(r *http.Request) (*resource.UserInfo, error) {
	if !isUpgrade(r) {
		return nil, ErrNoCredentials
	}
	token, others, err := protocolToken(r.Header.Values(protocolHeader))
	if err != nil {
		return nil, err
	}
	user, err := own(a.Tokens, r, token, a.Audiences)
	if err == nil {
		r.Header.Set(protocolHeader, strings.Join(others, ","))
	}
	return user, err
}

// protocolToken finds the token among the subprotocols; ErrNoCredentials when there is none. There must be another one for
// the server to choose.
func protocolToken(headers []string) (token string, others []string, err error) {
	found := false
	for _, header := range headers {
		for name := range strings.SplitSeq(header, ",") {
			name = strings.TrimSpace(name)
			encoded, ok := strings.CutPrefix(name, protocolPrefix)
			switch {
			case !ok:
				others = append(others, name)
				continue
			case found:
				return "", nil, errTwoTokens
			}
			found = true
			b, err := base64.RawURLEncoding.DecodeString(encoded)
			if err != nil {
				return "", nil, errTokenCoding
			}
			if !utf8.Valid(b) {
				return "", nil, errTokenText
			}
			token = string(b)
		}
	}
	switch {
	case token == "":
		return "", nil, ErrNoCredentials
	case len(others) == 0:
		return "", nil, errOnlyToken
	}
	return token, others, nil
}

// isUpgrade says whether a request wants to become a WebSocket.
func isUpgrade(r *http.Request) bool {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return false
	}
	return slices.ContainsFunc(r.Header.Values("Connection"), func(v string) bool {
		return slices.ContainsFunc(strings.Split(v, ","), func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), "upgrade") })
	})
}
