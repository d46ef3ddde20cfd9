package plugins

import (
	"context"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// mayActFor says whether a user has a right over a signer by its name, or over all of its domain. An authorizer that cannot find out
// allows nothing.
func mayActFor(ctx context.Context, by authz.Authorizer, user *resource.UserInfo, verb, signer string) bool {
	domain, _, _ := strings.Cut(signer, "/")
	for _, name := range []string{signer, domain + "/*"} {
		decision, _, err := by.Authorize(ctx, authz.Attributes{
			User: user, Verb: verb, IsResource: true, Group: "certificates.k8s.io", Version: "*", Resource: "signers", Name: name,
		})
		if err == nil && decision == authz.Allow {
			return true
		}
	}
	return false
}
