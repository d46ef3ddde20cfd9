package authn

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Bearer accepts the token of the Authorization header.
type Bearer struct {
	Tokens TokenAuthenticator
	// Audiences are the server's own: a token must be for one of them.
	Audiences []string
}

// Authenticate asks the mechanisms about the token.
func (b Bearer) Authenticate(r *http.Request) (*resource.UserInfo, error) {
	token, ok := BearerToken(r)
	if !ok {
		return nil, ErrNoCredentials
	}
	return own(b.Tokens, r, token, b.Audiences)
}

// own is the user of a token for this server. A token that nobody knows is wrong.
func own(tokens TokenAuthenticator, r *http.Request, token string, audiences []string) (*resource.UserInfo, error) {
	id, err := tokens.AuthenticateToken(r.Context(), token, audiences)
	if errors.Is(err, ErrNoCredentials) {
		return nil, ErrInvalidToken
	}
	if err != nil {
		return nil, err
	}
	if len(audiences) > 0 && len(id.Audiences) > 0 && len(Intersect(audiences, id.Audiences)) == 0 {
		return nil, ErrInvalidToken
	}
	return &id.User, nil
}

// BearerToken is the token of the Authorization header. As upstream has it, more than one space before the token makes
// the header one that means nothing.
func BearerToken(r *http.Request) (string, bool) {
	scheme, rest, ok := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return "", false
	}
	token, _, _ := strings.Cut(rest, " ")
	return token, token != ""
}
