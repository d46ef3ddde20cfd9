package plugins

import (
	"context"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

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
