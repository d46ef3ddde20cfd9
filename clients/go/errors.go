package kube

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// maxErrorBody is how much is read of an answer that says what went wrong.
const maxErrorBody = 1 << 20

// errorOf reads an answer from 400 on, and closes it. Errors are apimachinery's: apierrors.IsNotFound and the like know them.
func errorOf(r request, resp *http.Response) error {
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // what cannot be read is left out of the message
	if err := statusError(body); err != nil {
		return err
	}
	// Something in front of the server answered: it is told as the server would.
	text := strings.TrimSpace(string(body))
	if len(text) > 2048 {
		text = text[:2048]
	}
	return apierrors.NewGenericServerResponse(resp.StatusCode, strings.ToLower(r.method), schema.GroupResource{}, "", text, 0, true)
}

// statusError is the error that a Status tells; nil for anything else.
func statusError(body []byte) error {
	var status metav1.Status
	if json.Unmarshal(body, &status) != nil || status.Kind != "Status" || status.Code < 400 && status.Status != metav1.StatusFailure {
		return nil
	}
	return &apierrors.StatusError{ErrStatus: status}
}

// isHTTP2Break knows the errors of a connection that ends under a request by their texts: net/http keeps the types to itself.
func isHTTP2Break(err error) bool {
	text := err.Error()
	for _, part := range []string{"http2: client connection lost", "http2: server sent GOAWAY", "http2: client connection force closed", "connection reset by peer", "server closed idle connection"} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
