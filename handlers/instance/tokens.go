package instance

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/webhook"
)

// TokenWebhook is a server that is asked about bearer tokens.
type TokenWebhook struct {
	// File is its kubeconfig; empty for none. Version is that of the TokenReview that it understands.
	File, Version string
	// TTL is how long its answers are remembered.
	TTL time.Duration
}

// open is the authenticator that asks another server; nil when there is none.
func (o *TokenWebhook) open(life context.Context, audiences []string, log *slog.Logger) (authn.TokenAuthenticator, error) {
	if o.File == "" {
		return nil, nil
	}
	client, err := webhook.Open(o.File, log)
	if err != nil {
		return nil, fmt.Errorf("--authentication-token-webhook-config-file: %w", err)
	}
	client.KeepUntil(life)
	w, err := authn.NewWebhook(client, o.Version, audiences)
	if err != nil {
		return nil, err
	}
	return authn.NewCache(w, o.TTL, o.TTL), nil
}
