package modes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/remote"
	"github.com/gatehouse-dev/gatehouse/handlers/reload"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/webhook"
)

// Builtins are the authorizers that follow the store or a file of their own, so that they outlive a configuration. Those
// that the first configuration does not have are nil.
type Builtins struct {
	Node, RBAC, ABAC authz.Authorizer
}

// masters are those whom no configuration can lock out.
const masters = "system:masters"

var errNone = errors.New("at least one authorization mode must be passed")

// Build makes the authorizers of a configuration, whose connections are kept until life ends. Members of system:masters are allowed everything before any is asked.
func Build(life context.Context, c *Configuration, builtins Builtins, log *slog.Logger) (authz.Union, error) {
	if len(c.Authorizers) == 0 {
		return nil, errNone
	}
	union := authz.Union{authz.Groups{masters}}
	for _, e := range c.Authorizers {
		var a authz.Authorizer
		var err error
		switch e.Type {
		case AlwaysAllow:
			a = authz.AlwaysAllow{}
		case AlwaysDeny:
			a = authz.AlwaysDeny{}
		case Node:
			a = builtins.Node
		case RBAC:
			a = builtins.RBAC
		case ABAC:
			a = builtins.ABAC
		case Webhook:
			a, err = newWebhook(life, e.Webhook, log)
		default:
			err = fmt.Errorf("unknown authorization mode %s specified", e.Type)
		}
		if err != nil {
			return nil, fmt.Errorf("authorizer %s: %w", e.Name, err)
		}
		if a == nil {
			return nil, fmt.Errorf("authorizer type %s is not allowed if it was not enabled at initial server startup", e.Type)
		}
		union = append(union, a)
	}
	return union, nil
}

var errNoFile = errors.New("no kubeconfig file is named")

func newWebhook(life context.Context, w *WebhookEntry, log *slog.Logger) (authz.Authorizer, error) {
	if w == nil || w.Connection.KubeConfigFile == nil {
		return nil, errNoFile
	}
	client, err := webhook.Open(*w.Connection.KubeConfigFile, log)
	if err != nil {
		return nil, err
	}
	client.KeepUntil(life)
	if w.Timeout.Duration > 0 {
		client.SetTimeout(w.Timeout.Duration)
	}
	o := remote.Options{Version: w.Version, Allowed: w.AuthorizedTTL.Duration, Refused: w.UnauthorizedTTL.Duration}
	if w.FailurePolicy == "Deny" {
		o.OnError = authz.Deny
	}
	if no := w.CacheAuthorizedRequests; no != nil && !*no {
		o.Allowed = 0
	}
	if no := w.CacheUnauthorizedRequests; no != nil && !*no {
		o.Refused = 0
	}
	for _, c := range w.Conditions {
		o.Conditions = append(o.Conditions, c.Expression)
	}
	a, err := remote.New(client, o, log)
	if err != nil {
		return nil, err
	}
	return a, nil
}

// File is a configuration file in effect. A change is taken over within a second, whole or not at all: a faulty file leaves
// in effect what was there before.
type File struct {
	value *reload.Value[authz.Union]
}

var (
	_ authz.Authorizer   = &File{}
	_ authz.RuleResolver = &File{}
)

// Open reads a configuration file. begin makes the built-in authorizers that the first configuration needs.
// Connections are kept until life ends, or the configuration that needs them.
func Open(life context.Context, path string, begin func(*Configuration) (Builtins, error), log *slog.Logger) (*File, error) {
	var builtins *Builtins
	last := func() {}
	value, err := reload.Open(log, func(contents [][]byte) (authz.Union, error) {
		c, err := Parse(contents[0])
		if err != nil {
			return nil, err
		}
		if builtins == nil {
			made, err := begin(c)
			if err != nil {
				return nil, err
			}
			builtins = &made
		}
		generation, end := context.WithCancel(life)
		union, err := Build(generation, c, *builtins, log)
		if err != nil {
			end()
			return nil, err
		}
		last()
		last = end
		return union, nil
	}, path)
	if err != nil {
		return nil, err
	}
	return &File{value}, nil
}

// Authorize decides by the newest good configuration.
func (f *File) Authorize(ctx context.Context, a authz.Attributes) (authz.Decision, string, error) {
	return f.value.Get().Authorize(ctx, a)
}

// Rules lists by the newest good configuration.
func (f *File) Rules(ctx context.Context, user *resource.UserInfo, namespace string) (authz.RuleSet, error) {
	return f.value.Get().Rules(ctx, user, namespace)
}
