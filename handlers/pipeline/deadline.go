package pipeline

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Deadline bounds how long a request may take: what ?timeout= asks for, at most limit. Long-running requests have none.
func Deadline(limit time.Duration) Stage {
	return func(next Handler) Handler {
		return func(r *Request) error {
			if r.LongRunning() {
				return next(r)
			}
			timeout := limit
			if s := r.Query.Get("timeout"); s != "" {
				asked, err := time.ParseDuration(s)
				if err != nil {
					return apierrors.NewBadRequest(fmt.Sprintf("invalid timeout specified in the request URL - %v", err))
				}
				if asked > 0 && asked < limit {
					timeout = asked
				}
			}
			ctx, cancel := context.WithTimeout(r.Context(), timeout)
			r.WithContext(ctx)
			return After(next, r, func(end End) error {
				expired := ctx.Err() == context.DeadlineExceeded
				cancel()
				if end.Err != nil && expired {
					return apierrors.NewTimeoutError("request did not complete within the allotted timeout", 0)
				}
				return end.Err
			})
		}
	}
}
