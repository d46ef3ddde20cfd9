package main

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/webhook"
)

// tokenOptions are the flags about bearer tokens that are no service accounts'.
type tokenOptions struct {
	bootstrap                   bool
	webhookFile, webhookVersion string
	webhookTTL                  time.Duration
}

func (o *tokenOptions) register(s *flagSets) {
	f := s.in("authentication")
	f.BoolVar(&o.bootstrap, "enable-bootstrap-token-auth", false, "Accept the tokens of secrets of the type bootstrap.kubernetes.io/token in kube-system, with which nodes join.")
	f.StringVar(&o.webhookFile, "authentication-token-webhook-config-file", "", "Kubeconfig file of a server that is asked about bearer tokens by TokenReview.")
	f.StringVar(&o.webhookVersion, "authentication-token-webhook-version", "v1beta1", "Version of TokenReview that the webhook understands: v1beta1 or v1.")
	f.DurationVar(&o.webhookTTL, "authentication-token-webhook-cache-ttl", 2*time.Minute, "How long the webhook's answers are remembered.")
}

// webhook is the authenticator that asks another server; nil when there is none.
func (o *tokenOptions) webhook(audiences []string, log *slog.Logger) (authn.TokenAuthenticator, error) {
	if o.webhookFile == "" {
		return nil, nil
	}
	client, err := webhook.Open(o.webhookFile, log)
	if err != nil {
		return nil, fmt.Errorf("--authentication-token-webhook-config-file: %w", err)
	}
	w, err := authn.NewWebhook(client, o.webhookVersion, audiences)
	if err != nil {
		return nil, err
	}
	return authn.NewCache(w, o.webhookTTL, o.webhookTTL), nil
}
