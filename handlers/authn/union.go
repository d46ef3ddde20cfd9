package authn

import (
	"errors"
	"net/http"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Union asks one authenticator after another and puts whom one accepts into the group of the authenticated.
type Union []Authenticator

// Authenticate returns the first answer. A wrong credential lets the following ones try (a token may be another
// mechanism's), but not the anonymous one; when nobody accepts, all errors are told.
func (u Union) Authenticate(r *http.Request) (*resource.UserInfo, error) {
	var wrong []error
	for _, a := range u {
		nobody, isAnonymous := a.(Anonymous)
		if isAnonymous {
			if len(wrong) > 0 {
				break
			}
			return nobody.Authenticate(r)
		}
		user, err := a.Authenticate(r)
		switch {
		case err == nil:
			return authenticated(*user), nil
		case !errors.Is(err, ErrNoCredentials):
			wrong = append(wrong, err)
		}
	}
	if len(wrong) > 0 {
		return nil, utilerrors.NewAggregate(wrong)
	}
	return nil, ErrNoCredentials
}
