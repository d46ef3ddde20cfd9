package authz

import (
	"context"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// ResourceRule allows verbs on resources.
type ResourceRule struct {
	Verbs, APIGroups, Resources, ResourceNames []string
}

// PathRule allows verbs on paths that are not resources.
type PathRule struct {
	Verbs, Paths []string
}

// RuleSet is what somebody may do, as a list.
type RuleSet struct {
	Resource    []ResourceRule
	NonResource []PathRule
	// Incomplete: there may be more that cannot be listed.
	Incomplete bool
}

// RuleResolver is an authorizer that can also list what a user may do in a namespace and at the cluster scope. What it
// returns beside an error is right but perhaps not all.
type RuleResolver interface {
	Rules(ctx context.Context, user *resource.UserInfo, namespace string) (RuleSet, error)
}
