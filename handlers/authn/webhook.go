package authn

import (
	"context"
	"errors"
	"fmt"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/webhook"
)

// Webhook asks another server about tokens, by TokenReview.
type Webhook struct {
	client  *webhook.Client
	version string
	own     []string
}

// NewWebhook asks in a version of the API, v1 or v1beta1. own are the audiences of tokens about which the webhook says
// nothing.
func NewWebhook(client *webhook.Client, version string, own []string) (*Webhook, error) {
	if version != "v1" && version != "v1beta1" {
		return nil, fmt.Errorf("unsupported authentication webhook version %q, supported versions are \"v1\", \"v1beta1\"", version)
	}
	return &Webhook{client: client, version: "authentication.k8s.io/" + version, own: own}, nil
}

// tokenReview is what both versions of the API have on the wire.
type tokenReview struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   struct{} `json:"metadata"`
	Spec       struct {
		Token     string   `json:"token,omitempty"`
		Audiences []string `json:"audiences,omitempty"`
	} `json:"spec"`
	Status struct {
		Authenticated bool `json:"authenticated,omitempty"`
		User          struct {
			Username string              `json:"username,omitempty"`
			UID      string              `json:"uid,omitempty"`
			Groups   []string            `json:"groups,omitempty"`
			Extra    map[string][]string `json:"extra,omitempty"`
		} `json:"user,omitzero"`
		Audiences []string `json:"audiences,omitempty"`
		Error     string   `json:"error,omitempty"`
	} `json:"status,omitzero"`
}

// AuthenticateToken tells the webhook the audiences that are asked for. An answer without audiences is by one that knows
// none: the token is then for this server only.
func (w *Webhook) AuthenticateToken(ctx context.Context, token string, audiences []string) (*Identity, error) {
	question := tokenReview{APIVersion: w.version, Kind: "TokenReview"}
	question.Spec.Token, question.Spec.Audiences = token, audiences
	var answer tokenReview
	if err := w.client.Call(ctx, question, &answer); err != nil {
		return nil, fmt.Errorf("token webhook: %w", err)
	}
	if answer.Kind != "TokenReview" || answer.APIVersion != w.version {
		return nil, fmt.Errorf("token webhook: the answer is a %q of %q, not a TokenReview of %q", answer.Kind, answer.APIVersion, w.version)
	}
	status := &answer.Status
	var granted []string
	if len(audiences) > 0 {
		of := status.Audiences
		if len(of) == 0 {
			of = w.own
		}
		if granted = Intersect(audiences, of); len(granted) == 0 {
			return nil, ErrNoCredentials
		}
	}
	if !status.Authenticated {
		if status.Error != "" {
			return nil, errors.New(status.Error)
		}
		return nil, ErrNoCredentials
	}
	u := &status.User
	return &Identity{User: resource.UserInfo{Name: u.Username, UID: u.UID, Groups: u.Groups, Extra: u.Extra}, Audiences: granted}, nil
}
