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
				logPanic(log, r.HTTP.Method, r.Info.Path, p)
				if r.Writer.Status != 0 {
					panic(http.ErrAbortHandler)
				}
				err = apierrors.NewInternalError(fmt.Errorf("this request caused apiserver to panic; look in the logs for details"))
			}()
			return next(r)
		}
	}
}

// logPanic logs a recovered panic with its stack. It is called from the deferred function.
func logPanic(log *slog.Logger, method, path string, p any) {
	log.Error("panic while serving a request", "method", method, "path", path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
}
