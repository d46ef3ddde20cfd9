package instance

import (
	"fmt"
	"log/slog"

	"github.com/gatehouse-dev/gatehouse/handlers"
)

// open reads the certificate, and again when its files change.
func (a *Aggregation) open(log *slog.Logger) (handlers.Aggregation, error) {
	out := handlers.Aggregation{Endpoints: a.Endpoints, ForwardRedirects: a.ForwardRedirects}
	if a.CertFile == "" || a.KeyFile == "" {
		return out, nil
	}
	pair, err := keyPair(a.CertFile, a.KeyFile, log)
	if err != nil {
		return out, fmt.Errorf("--proxy-client-cert-file: %w", err)
	}
	out.Certificate = pair.Get
	return out, nil
}
