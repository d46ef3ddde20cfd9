package authn

import (
	"net/http"
	"slices"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Anonymous accepts everybody as system:anonymous. It comes last.
type Anonymous struct {
	// Paths are those at which it does; everywhere when nil.
	Paths []string
}

// Authenticate fails only for a path that is not open to everybody.
func (a Anonymous) Authenticate(r *http.Request) (*resource.UserInfo, error) {
	if a.Paths != nil && !slices.Contains(a.Paths, r.URL.Path) {
		return nil, ErrNoCredentials
	}
	return &resource.UserInfo{Name: UserAnonymous, Groups: []string{GroupUnauthenticated}}, nil
}
