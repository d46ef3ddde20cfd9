package main

import (
	"slices"

	"github.com/spf13/pflag"

	"github.com/gatehouse-dev/gatehouse/handlers/instance"
)

// registerAuthorization declares the flags of authorization.
func registerAuthorization(a *instance.Authorization, s *flagSets) {
	f := s.in("authorization")
	f.StringSliceVar(&a.Modes, "authorization-mode", a.Modes, "Authorizers in order: Node, RBAC, ABAC, Webhook, AlwaysAllow, AlwaysDeny. The group system:masters may always do everything.")
	f.StringVar(&a.PolicyFile, "authorization-policy-file", a.PolicyFile, "Policies of the mode ABAC, one JSON object a line.")
	f.StringVar(&a.WebhookFile, "authorization-webhook-config-file", a.WebhookFile, "Kubeconfig file of the server that the mode Webhook asks.")
	f.StringVar(&a.WebhookVersion, "authorization-webhook-version", a.WebhookVersion, "Version of the reviews that the mode Webhook asks with: v1 or v1beta1.")
	f.DurationVar(&a.Authorized, "authorization-webhook-cache-authorized-ttl", a.Authorized, "How long a yes of the webhook is remembered.")
	f.DurationVar(&a.Unauthorized, "authorization-webhook-cache-unauthorized-ttl", a.Unauthorized, "How long a no of the webhook is remembered.")
	f.StringVar(&a.ConfigFile, "authorization-config", a.ConfigFile, "AuthorizationConfiguration file, in place of the other flags of authorization: several webhooks, with conditions; read again when it changes.")
}

// replaced are the flags that a configuration file stands in place of.
var replaced = []string{
	"authorization-mode", "authorization-webhook-config-file", "authorization-webhook-version",
	"authorization-webhook-cache-authorized-ttl", "authorization-webhook-cache-unauthorized-ttl",
}

// checkAuthorization finds flags that are given in vain.
func checkAuthorization(a *instance.Authorization, set *pflag.FlagSet, fault func(string, ...any)) {
	if a.ConfigFile != "" && slices.ContainsFunc(replaced, set.Changed) {
		fault("--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined")
	}
}
