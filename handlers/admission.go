package handlers

import (
	"context"

	"github.com/gatehouse-dev/gatehouse/handlers/admission"
	"github.com/gatehouse-dev/gatehouse/handlers/admission/noderestriction"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// plugins is the chain of the admission plugins that run. The order is that of admission.Plugins.
func plugins(o *Options, objects *resource.Objects) admission.Chain {
	made := map[string]any{
		"NamespaceLifecycle": admission.NamespaceLifecycle{Namespaces: objects},
		"NodeRestriction":    &noderestriction.Plugin{Objects: objects, MayRequest: mayRequest(o.Authorizer), Enabled: o.Features.Enabled},
	}
	var chain admission.Chain
	for _, p := range admission.Plugins {
		if plugin := made[p.Name]; plugin != nil && o.Admission.Runs(p.Name) {
			chain = append(chain, plugin)
		}
	}
	return chain
}

// mayRequest asks whether a node may request tokens for an audience, which is a right of its own. An authorizer may err and allow
// nevertheless.
func mayRequest(a authz.Authorizer) func(ctx context.Context, node *resource.UserInfo, namespace, account, audience string) (bool, error) {
	return func(ctx context.Context, node *resource.UserInfo, namespace, account, audience string) (bool, error) {
		decision, _, err := a.Authorize(ctx, authz.Attributes{
			User: node, Verb: "request-serviceaccounts-token-audience", IsResource: true, Version: "v1",
			Resource: audience, Namespace: namespace, Name: account,
		})
		return decision == authz.Allow, err
	}
}
