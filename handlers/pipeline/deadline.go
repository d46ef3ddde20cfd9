package pipeline

import (
	"context"
	"fmt"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Deadline bounds how long a request may take: what ?timeout= asks for, at most limit. That holds for the client's part too:
// a body that does not come and an answer that is not taken end then. Long-running requests have none, but for the body of a
// watch, which has no use for one. terminated hears of each request that is answered with 504 for that; it may be nil.
func Deadline(limit time.Duration, terminated func(*Request)) Stage {
	return func(next Handler) Handler {
		return func(r *Request) error {
			if r.LongRunning() {
				if r.Info.Verb == "watch" {
					r.limitBody(r.Received.Add(limit))
				}
				return next(r)
			}
			timeout, err := requestTimeout(r.Query.Get("timeout"), limit)
			if err != nil {
				return err
			}
			at := r.Received.Add(timeout)
			ctx, cancel := context.WithDeadline(r.Context(), at)
			r.WithContext(ctx)
			r.limitBody(at)
			r.Writer.expires = at
			if r.HTTP.ProtoMajor == 1 && !r.bodyBy.IsZero() {
				r.Writer.expires = at.Add(errorTime) // the answer may have to wait for the body's time to pass
			}
			return After(next, r, func(end End) error {
				cancel()
				// By the clock: the context may not have heard of it when a read has failed already, or has been cancelled because
				// one has.
				if end.Err == nil || time.Now().Before(at) {
					return end.Err
				}
				if terminated != nil {
					terminated(r)
				}
				return timedOut()
			})
		}
	}
}

// requestTimeout is what a client asks for, at most limit.
func requestTimeout(text string, limit time.Duration) (time.Duration, error) {
	if text == "" {
		return limit, nil
	}
	asked, err := time.ParseDuration(text)
	if err != nil {
		return 0, apierrors.NewBadRequest(fmt.Sprintf("invalid timeout specified in the request URL - %v", err))
	}
	if asked > 0 && asked < limit {
		return asked, nil
	}
	return limit, nil
}

func timedOut() *apierrors.StatusError {
	return apierrors.NewTimeoutError("request did not complete within the allotted timeout", 0)
}

// errorTime is how long a client may take for an error of any request; over HTTP/1.1 also for the rest of its
// request, which net/http reads before it sends an answer.
const errorTime = 10 * time.Second

// limitError bounds the answer that WriteError is about to give.
func (r *Request) limitError() {
	until := time.Now().Add(errorTime)
	if r.HTTP.ProtoMajor == 1 {
		r.limitBody(until)
	}
	r.Writer.expires = until
}

// limitBody is until when the client must have sent its body, if it has one; of several times the first counts. Writers that
// know no deadlines are those of tests.
func (r *Request) limitBody(at time.Time) {
	if r.HTTP.Body == nil || r.HTTP.Body == http.NoBody || !r.bodyBy.IsZero() && !at.Before(r.bodyBy) {
		return
	}
	r.bodyBy = at
	_ = http.NewResponseController(r.Writer.ResponseWriter).SetReadDeadline(at)
}

// lateTime is how long a client may take for an answer that begins after its time, because the server was slow.
const lateTime = 2 * time.Second

// limitAnswer is called when the answer begins.
func (w *ResponseWriter) limitAnswer() {
	if w.expires.IsZero() {
		return
	}
	if now := time.Now(); !now.Before(w.expires) {
		w.expires = now.Add(lateTime)
	}
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(w.expires)
}
