package pipeline

import (
	"errors"
	"log/slog"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/audit"
	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Authenticate finds the user of the request. A credential that is wrong, and no credential where anonymous requests are not
// allowed, is 401; the reason goes to the log and not to the client. The headers that carry credentials, and those in
// which a front proxy names its user, are removed then, whether they were used or not, so that no later stage, log or
// backend sees them or believes them.
func Authenticate(a authn.Authenticator, proxy authn.ProxyHeaders, auditor *audit.Auditor, log *slog.Logger) Stage {
	return func(next Handler) Handler {
		return func(r *Request) error {
			// What authentication notes is part of the record, so that begins here.
			if auditor != nil {
				r.Audit = auditor.Begin()
			}
			r.WithContext(resource.WithRecorder(r.Context(), &resource.Recorder{Warn: r.Writer.Warn, Annotate: r.annotate}))
			user, err := a.Authenticate(r.HTTP)
			if err != nil {
				if !errors.Is(err, authn.ErrNoCredentials) {
					log.Warn("authentication failed", "from", r.HTTP.RemoteAddr, "path", r.Info.Path, "error", err)
				}
				leave(r)
				refused := apierrors.NewUnauthorized("Unauthorized")
				auditFailure(r, refused)
				return refused
			}
			r.HTTP.Header.Del("Authorization")
			authn.StandardProxyHeaders.Remove(r.HTTP.Header)
			proxy.Remove(r.HTTP.Header)
			if user.Name == authn.UserAnonymous {
				leave(r)
			}
			r.User = user
			return next(r)
		}
	}
}

// leave ends an HTTP/2 connection after this answer: a stranger who could keep one open could open and cancel streams on
// it for ever.
func leave(r *Request) {
	if r.HTTP.ProtoMajor == 2 {
		r.Writer.Header().Set("Connection", "close")
	}
}
