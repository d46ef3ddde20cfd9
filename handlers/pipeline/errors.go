package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/codec"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// WriteError answers with the Status of an error: the one place where an error becomes a response. Once the answer has
// begun it cannot be taken back; the connection is then cut, so that the client does not take a part for the whole.
func WriteError(r *Request, err error, log *slog.Logger) {
	if r.Writer.Status != 0 {
		log.Warn("an answer broke off", "path", r.Info.Path, "error", err)
		panic(http.ErrAbortHandler)
	}
	status := Status(err)
	if status.Code == http.StatusInternalServerError && !isClientFault(err) && !isGone(r, err) {
		log.Error("internal error", "path", r.Info.Path, "verb", r.Info.Verb, "error", err)
	}
	if d := status.Details; d != nil && d.RetryAfterSeconds > 0 {
		r.Writer.Header().Set("Retry-After", itoa(int(d.RetryAfterSeconds)))
	}
	output, negotiateErr := codec.Negotiate(r.HTTP.Header, r.Query, codec.Endpoint{NoTransform: true})
	if negotiateErr != nil {
		output = codec.Output{Pretty: true}
	}
	body, encodeErr := codec.AppendObject(nil, status, output)
	if encodeErr != nil {
		log.Error("encoding a status", "error", encodeErr)
		http.Error(r.Writer, err.Error(), int(status.Code))
		return
	}
	r.Writer.Header().Set("Content-Type", output.Format.MediaType())
	r.Writer.WriteHeader(int(status.Code))
	_, _ = r.Writer.Write(body) // the client may have gone; there is nobody else to tell
}

func isClientFault(err error) bool {
	var known resource.ClientFault
	var ofField *field.Error
	return errors.As(err, &known) || errors.As(err, &ofField)
}

// isGone says that the request ended early because its client did not wait for it: nothing is wrong then, and nobody hears
// the answer.
func isGone(r *Request, err error) bool {
	return errors.Is(err, context.Canceled) && errors.Is(r.Context().Err(), context.Canceled)
}

// Status is the API's form of an error. What is not an API error is the server's fault.
func Status(err error) *metav1.Status {
	var api apierrors.APIStatus
	if !errors.As(err, &api) {
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
			api = timedOut()
		} else {
			return &metav1.Status{
				TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure,
				Code: http.StatusInternalServerError, Message: fmt.Sprint(err),
			}
		}
	}
	status := api.Status()
	status.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	if status.Status == "" {
		status.Status = metav1.StatusFailure
	}
	if status.Code == 0 {
		status.Code = http.StatusInternalServerError
	}
	return &status
}

// NotFound is the answer for a path below a group that is served, but not with this resource or version.
func NotFound() error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusNotFound, Reason: metav1.StatusReasonNotFound,
		Message: "the server could not find the requested resource", Details: &metav1.StatusDetails{},
	}}
}
