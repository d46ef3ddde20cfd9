package main

import (
	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/rbac"
)

// authorizer joins the modes. Those that this version does not have allow nothing.
func (o *options) authorizer(roles *rbac.Authorizer) authz.Authorizer {
	union := authz.Union{authz.Groups{authn.GroupMasters}, publicPaths}
	for _, m := range o.authorizationModes {
		switch m {
		case "AlwaysAllow":
			union = append(union, authz.AlwaysAllow{})
		case "AlwaysDeny":
			union = append(union, authz.AlwaysDeny{})
		case "RBAC":
			union = append(union, roles)
		}
	}
	return union
}
