package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Operators hear of what is wrong with the server, and of nothing else.
func TestWhichErrorsAreLogged(t *testing.T) {
	gone, leave := context.WithCancel(t.Context())
	leave()
	for name, c := range map[string]struct {
		ctx    context.Context
		err    error
		logged bool
	}{
		"the server's fault":               {t.Context(), errors.New("broken"), true},
		"the client's fault":               {t.Context(), resource.ClientFault{Err: errors.New("no number")}, false},
		"a refusal":                        {t.Context(), apierrors.NewBadRequest("no"), false},
		"a client that has gone":           {gone, fmt.Errorf("get: %w", context.Canceled), false},
		"a fault found after it had gone":  {gone, errors.New("broken"), true},
		"something cancelled by ourselves": {t.Context(), fmt.Errorf("get: %w", context.Canceled), true},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			answer := httptest.NewRecorder()
			h := httptest.NewRequestWithContext(c.ctx, http.MethodGet, "/api/v1/namespaces", nil)
			WriteError(NewRequest(answer, h, ParseInfo("GET", h.URL.Path)), c.err, slog.New(slog.NewTextHandler(&log, nil)))
			if logged := log.Len() > 0; logged != c.logged {
				t.Errorf("logged %q, want a line: %v", log.String(), c.logged)
			}
			if answer.Code < 400 {
				t.Errorf("answered %d", answer.Code)
			}
		})
	}
}
