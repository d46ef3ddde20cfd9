package pipeline

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Recover answers a panic with 500 and logs where it came from. A panic with http.ErrAbortHandler passes: it is how
// net/http is told to cut the connection, which is also what happens here when the answer has begun already.
func Recover(log *slog.Logger) Stage {
	return func(next Handler) Handler {
		return func(r *Request) (err error) {
			defer func() {
				p := recover()
				if p == nil {
					return
				}
				if p == http.ErrAbortHandler {
					panic(p)
				}
				log.Error("panic while serving a request", "method", r.HTTP.Method, "path", r.Info.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				if r.Writer.Status != 0 {
					panic(http.ErrAbortHandler)
				}
				err = apierrors.NewInternalError(fmt.Errorf("this request caused apiserver to panic; look in the logs for details"))
			}()
			return next(r)
		}
	}
}
