package instance

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/gatehouse-dev/gatehouse/handlers"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/abac"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/modes"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/node"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/rbac"
	"github.com/gatehouse-dev/gatehouse/handlers/bootstrap"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Authorization says which authorizers decide.
type Authorization struct {
	modes.Flags
	// PolicyFile has the policies of the mode ABAC. ConfigFile is an AuthorizationConfiguration, in place of Flags.
	PolicyFile, ConfigFile string
}

func (a *Authorization) validate(fault func(string, ...any)) {
	if a.ConfigFile != "" {
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
	if seen[modes.ABAC] && a.PolicyFile == "" {
		fault("authorization-mode ABAC's authorization policy file not passed")
	}
	if seen[modes.Webhook] && a.WebhookFile == "" {
		fault("authorization-mode Webhook's authorization config file not passed")
	}
	if !seen[modes.ABAC] && a.PolicyFile != "" {
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
func (a *Authorization) authorizer(life context.Context, store storage.Store, log *slog.Logger) (*authorization, error) {
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
			if built.ABAC, err = abac.Open(a.PolicyFile); err != nil {
				return built, fmt.Errorf("--authorization-policy-file: %w", err)
			}
		}
		return built, nil
	}
	if a.ConfigFile != "" {
		file, err := modes.Open(life, a.ConfigFile, begin, log)
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
	union, err := modes.Build(life, c, built, log)
	if err != nil {
		return nil, err
	}
	out.authorizer = union
	return out, nil
}
