package pipeline

import (
	"errors"
	"log/slog"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
)

// Authenticate finds out who asks. A credential that is wrong, and no credential where anonymous requests are not
// allowed, is 401; the reason goes to the log and not to the client. The Authorization header is removed once it has been
// used, so that no later stage, log or backend sees it.
func Authenticate(a authn.Authenticator, log *slog.Logger) Stage {
	return func(next Handler) Handler {
		return func(r *Request) error {
			user, err := a.Authenticate(r.HTTP)
			if err != nil {
				if !errors.Is(err, authn.ErrNoCredentials) {
					log.Warn("authentication failed", "from", r.HTTP.RemoteAddr, "path", r.Info.Path, "error", err)
				}
				return apierrors.NewUnauthorized("Unauthorized")
			}
			r.HTTP.Header.Del("Authorization")
			r.User = user
			return next(r)
		}
	}
}
