package authn

import (
	"context"
	"errors"
	"slices"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"
)

// Tokens asks one mechanism after another about a token.
type Tokens []TokenAuthenticator

// AuthenticateToken is the first answer; else all errors, or ErrNoCredentials when nobody knows the token.
func (t Tokens) AuthenticateToken(ctx context.Context, token string, audiences []string) (*Identity, error) {
	var wrong []error
	for _, a := range t {
		id, err := a.AuthenticateToken(ctx, token, audiences)
		switch {
		case err == nil:
			return id, nil
		case !errors.Is(err, ErrNoCredentials):
			wrong = append(wrong, err)
		}
	}
	if len(wrong) > 0 {
		return nil, utilerrors.NewAggregate(wrong)
	}
	return nil, ErrNoCredentials
}

// Review is AuthenticateToken for a token by itself, as a review of it asks: an unknown one is an error, and the owner is
// in the group of the authenticated.
func (t Tokens) Review(ctx context.Context, token string, audiences []string) (*Identity, error) {
	id, err := t.AuthenticateToken(ctx, token, audiences)
	if errors.Is(err, ErrNoCredentials) {
		return nil, ErrInvalidToken
	}
	if err != nil {
		return nil, err
	}
	return &Identity{User: *authenticated(id.User), Audiences: id.Audiences}, nil
}

// Agnostic makes an authenticator of tokens that know no audiences one of tokens for the server's own.
type Agnostic struct {
	Own   []string
	Inner TokenAuthenticator
}

// AuthenticateToken does not ask the inner one about a token that must be for other audiences.
func (a Agnostic) AuthenticateToken(ctx context.Context, token string, audiences []string) (*Identity, error) {
	var common []string
	if len(audiences) > 0 && len(a.Own) > 0 {
		if common = Intersect(a.Own, audiences); len(common) == 0 {
			return nil, ErrNoCredentials
		}
	}
	id, err := a.Inner.AuthenticateToken(ctx, token, nil)
	if err != nil {
		return nil, err
	}
	return &Identity{User: id.User, Audiences: common}, nil
}

// Intersect are the members of a that are in b too.
func Intersect(a, b []string) []string {
	var both []string
	for _, s := range a {
		if slices.Contains(b, s) {
			both = append(both, s)
		}
	}
	return both
}
