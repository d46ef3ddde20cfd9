// Package authn authenticates requests. Each mechanism is in its own file or package; Union asks those that look at
// requests, Tokens those that look at bearer tokens, in the order in which they are given.
package authn

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// ErrNoCredentials: the request has nothing that this authenticator could look at.
var ErrNoCredentials = errors.New("no credentials provided")

// ErrInvalidToken: no authenticator knows the bearer token.
var ErrInvalidToken = errors.New("invalid bearer token")

// Authenticator finds the user of a request. ErrNoCredentials means that another may be asked; any other error that the
// credential is wrong; a request with a wrong credential is never anonymous. Safe for concurrent use.
type Authenticator interface {
	Authenticate(r *http.Request) (*resource.UserInfo, error)
}

// Identity is whom a token belongs to and which of the asked audiences it is for.
type Identity struct {
	User resource.UserInfo
	// Audiences is empty for a token that is for no audience in particular.
	Audiences []string
}

// TokenAuthenticator tells whom a bearer token belongs to. The token must be for at least one of the audiences; without
// any, for the server itself. ErrNoCredentials means that the token is not one of this mechanism. Safe for concurrent use.
type TokenAuthenticator interface {
	AuthenticateToken(ctx context.Context, token string, audiences []string) (*Identity, error)
}

// Groups that the server gives to its users.
const (
	GroupAuthenticated   = "system:authenticated"
	GroupUnauthenticated = "system:unauthenticated"
	// GroupMasters may do everything; no authorizer is asked.
	GroupMasters = "system:masters"
	// UserAnonymous is the user of requests without a credential.
	UserAnonymous = "system:anonymous"
)

// authenticated adds the group of all who brought a valid credential. Who was authenticated elsewhere as nobody stays
// nobody.
func authenticated(u resource.UserInfo) *resource.UserInfo {
	if u.Name == UserAnonymous || slices.Contains(u.Groups, GroupAuthenticated) || slices.Contains(u.Groups, GroupUnauthenticated) {
		return &u
	}
	u.Groups = append(append(make([]string, 0, len(u.Groups)+1), u.Groups...), GroupAuthenticated)
	return &u
}
