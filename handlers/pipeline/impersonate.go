package pipeline

import (
	"fmt"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// The headers that ask for a request to be carried out as if somebody else had sent it.
const (
	impersonateUser  = "Impersonate-User"
	impersonateUID   = "Impersonate-Uid"
	impersonateGroup = "Impersonate-Group"
	impersonateExtra = "Impersonate-Extra-"
)

// Impersonate makes the requests of those who may into requests of somebody else. Who may not is refused: to ignore the
// headers would carry out, with the caller's own rights, what was meant to be limited to another's. Without constrained only those
// may who have the whole right.
func Impersonate(a authz.Authorizer, constrained bool) Stage {
	modes := newImpersonation(a, constrained)
	return func(next Handler) Handler {
		return func(r *Request) error {
			wanted, err := wantedUser(r.HTTP.Header)
			if err != nil {
				return err
			}
			if wanted == nil {
				return next(r)
			}
			removeImpersonation(r.HTTP.Header)
			user, constraint, err := modes.check(r.Context(), wanted, attributesOf(r))
			if err != nil {
				return err
			}
			r.User = user
			r.Audit.Impersonated(user, constraint)
			return next(r)
		}
	}
}

// wantedUser is the user that the headers name; nil when they name none.
func wantedUser(h http.Header) (*resource.UserInfo, error) {
	u := &resource.UserInfo{Name: h.Get(impersonateUser), UID: h.Get(impersonateUID), Groups: h[impersonateGroup]}
	more := u.UID != "" || len(u.Groups) > 0
	for name, values := range h {
		key, ok := strings.CutPrefix(name, impersonateExtra)
		if !ok {
			continue
		}
		more = true
		if len(values) == 0 {
			continue
		}
		authn.AddExtra(u, key, values)
	}
	switch {
	case u.Name != "":
		return u, nil
	case more:
		return nil, apierrors.NewBadRequest(fmt.Sprintf(
			"requested &user.DefaultInfo{Name:%#v, UID:%#v, Groups:%#v, Extra:%#v} without impersonating a user name", u.Name, u.UID, u.Groups, u.Extra))
	}
	return nil, nil
}

// removeImpersonation lets nothing behind this stage know, or believe a second time, that the headers were there.
func removeImpersonation(h http.Header) {
	h.Del(impersonateUser)
	h.Del(impersonateUID)
	h.Del(impersonateGroup)
	for name := range h {
		if strings.HasPrefix(name, impersonateExtra) {
			delete(h, name)
		}
	}
}
