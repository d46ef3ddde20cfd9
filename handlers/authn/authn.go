// Package authn finds out who makes a request. Each mechanism is an Authenticator in its own file; Union asks them in the
// order in which they are given.
package authn

import (
	"errors"
	"net/http"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// ErrNoCredentials: the request has nothing that this authenticator could look at.
var ErrNoCredentials = errors.New("no credentials provided")

// Authenticator tells who makes a request. ErrNoCredentials means that another may be asked; any other error that the
// credential is there but wrong, which ends the search: a bad credential is never anonymous. Safe for concurrent use.
type Authenticator interface {
	Authenticate(r *http.Request) (*resource.UserInfo, error)
}

// Groups that the server gives to its users.
const (
	GroupAuthenticated   = "system:authenticated"
	GroupUnauthenticated = "system:unauthenticated"
	// GroupMasters may do everything, whatever the authorizers say.
	GroupMasters = "system:masters"
	// UserAnonymous is the name of who brings no credential.
	UserAnonymous = "system:anonymous"
)

// Union asks one authenticator after another.
type Union []Authenticator

// Authenticate returns the first answer. A wrong credential lets the following ones try (a token may be another
// mechanism's), but not the anonymous one; when nobody accepts, the first error counts.
func (u Union) Authenticate(r *http.Request) (*resource.UserInfo, error) {
	var wrong error
	for _, a := range u {
		if _, anonymous := a.(Anonymous); anonymous && wrong != nil {
			break
		}
		user, err := a.Authenticate(r)
		switch {
		case err == nil:
			return user, nil
		case !errors.Is(err, ErrNoCredentials) && wrong == nil:
			wrong = err
		}
	}
	if wrong != nil {
		return nil, wrong
	}
	return nil, ErrNoCredentials
}

// Anonymous accepts everybody as system:anonymous. It comes last.
type Anonymous struct{}

// Authenticate never fails.
func (Anonymous) Authenticate(*http.Request) (*resource.UserInfo, error) {
	return &resource.UserInfo{Name: UserAnonymous, Groups: []string{GroupUnauthenticated}}, nil
}

// authenticated adds the group of all who brought a valid credential.
func authenticated(u resource.UserInfo) *resource.UserInfo {
	for _, g := range u.Groups {
		if g == GroupAuthenticated {
			return &u
		}
	}
	u.Groups = append(append(make([]string, 0, len(u.Groups)+1), u.Groups...), GroupAuthenticated)
	return &u
}
