package main

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/gatehouse-dev/gatehouse/handlers"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/abac"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/modes"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/node"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/rbac"
	"github.com/gatehouse-dev/gatehouse/handlers/bootstrap"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// authorizationFlags say who decides.
type authorizationFlags struct {
	modes.Flags
	policyFile, configFile string
}

// newAuthorizationFlags are the defaults: those of a cluster. The original allows everything when it is told nothing.
func newAuthorizationFlags() authorizationFlags {
	return authorizationFlags{Flags: modes.Flags{
		Modes: []string{modes.Node, modes.RBAC}, WebhookVersion: "v1beta1", Authorized: 5 * time.Minute, Unauthorized: 30 * time.Second,
	}}
}

func (a *authorizationFlags) register(s *flagSets) {
	f := s.in("authorization")
	f.StringSliceVar(&a.Modes, "authorization-mode", a.Modes, "Authorizers in order: Node, RBAC, ABAC, Webhook, AlwaysAllow, AlwaysDeny. The group system:masters may always do everything.")
	f.StringVar(&a.policyFile, "authorization-policy-file", a.policyFile, "Policies of the mode ABAC, one JSON object a line.")
	f.StringVar(&a.WebhookFile, "authorization-webhook-config-file", a.WebhookFile, "Kubeconfig file of the server that the mode Webhook asks.")
	f.StringVar(&a.WebhookVersion, "authorization-webhook-version", a.WebhookVersion, "Version of the reviews that the mode Webhook asks with: v1 or v1beta1.")
	f.DurationVar(&a.Authorized, "authorization-webhook-cache-authorized-ttl", a.Authorized, "How long a yes of the webhook is remembered.")
	f.DurationVar(&a.Unauthorized, "authorization-webhook-cache-unauthorized-ttl", a.Unauthorized, "How long a no of the webhook is remembered.")
	f.StringVar(&a.configFile, "authorization-config", a.configFile, "AuthorizationConfiguration file, in place of the other flags of authorization: several webhooks, with conditions; read again when it changes.")
}

// replaced are the flags that a configuration file stands in place of.
var replaced = []string{
	"authorization-mode", "authorization-webhook-config-file", "authorization-webhook-version",
	"authorization-webhook-cache-authorized-ttl", "authorization-webhook-cache-unauthorized-ttl",
}

func (a *authorizationFlags) validate(set *pflag.FlagSet, fault func(string, ...any)) {
	if a.configFile != "" {
		if slices.ContainsFunc(replaced, set.Changed) {
			fault("--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined")
		}
		return
	}
	if len(a.Modes) == 0 {
		fault("at least one authorization-mode must be passed")
	}
	seen := map[string]bool{}
	for _, m := range a.Modes {
		if !slices.Contains(modes.All, m) {
			fault("authorization-mode %q is not a valid mode", m)
		}
		seen[m] = true
	}
	if len(seen) != len(a.Modes) {
		fault("authorization-mode %q has mode specified more than once", a.Modes)
	}
	if seen[modes.ABAC] && a.policyFile == "" {
		fault("authorization-mode ABAC's authorization policy file not passed")
	}
	if seen[modes.Webhook] && a.WebhookFile == "" {
		fault("authorization-mode Webhook's authorization config file not passed")
	}
	if !seen[modes.ABAC] && a.policyFile != "" {
		fault("cannot specify --authorization-policy-file without mode ABAC")
	}
	if !seen[modes.Webhook] && a.WebhookFile != "" {
		fault("cannot specify --authorization-webhook-config-file without mode Webhook")
	}
}

// authorization is what decides, with what it needs to run.
type authorization struct {
	authorizer authz.Authorizer
	roles      *rbac.Authorizer
	followers  []handlers.Follower
}

// authorizer makes the authorizers that the flags or the file name.
func (a *authorizationFlags) authorizer(store storage.Store, log *slog.Logger) (*authorization, error) {
	out := &authorization{roles: rbac.New(store, log)}
	begin := func(c *modes.Configuration) (built modes.Builtins, err error) {
		if c.Has(modes.RBAC) {
			built.RBAC = out.roles
		}
		if c.Has(modes.Node) {
			rules, err := bootstrap.NodeRules()
			if err != nil {
				return built, err
			}
			nodes := node.New(store, rules, log)
			built.Node, out.followers = nodes, append(out.followers, nodes)
		}
		if c.Has(modes.ABAC) {
			if built.ABAC, err = abac.Open(a.policyFile); err != nil {
				return built, fmt.Errorf("--authorization-policy-file: %w", err)
			}
		}
		return built, nil
	}
	if a.configFile != "" {
		file, err := modes.Open(a.configFile, begin, log)
		if err != nil {
			return nil, fmt.Errorf("--authorization-config: %w", err)
		}
		out.authorizer = file
		return out, nil
	}
	c := a.Configuration()
	built, err := begin(c)
	if err != nil {
		return nil, err
	}
	union, err := modes.Build(c, built, log)
	if err != nil {
		return nil, err
	}
	out.authorizer = union
	return out, nil
}
