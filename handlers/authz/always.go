package authz

import (
	"context"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// AlwaysAllow allows everything.
type AlwaysAllow struct{}

// Authorize allows.
func (AlwaysAllow) Authorize(context.Context, Attributes) (Decision, string, error) {
	return Allow, "", nil
}

// Rules is everything.
func (AlwaysAllow) Rules(context.Context, *resource.UserInfo, string) (RuleSet, error) {
	all := []string{"*"}
	return RuleSet{
		Resource:    []ResourceRule{{Verbs: all, APIGroups: all, Resources: all}},
		NonResource: []PathRule{{Verbs: all, Paths: all}},
	}, nil
}

// AlwaysDeny denies everything.
type AlwaysDeny struct{}

// Authorize has no opinion, in upstream's words: what nobody allows is refused.
func (AlwaysDeny) Authorize(context.Context, Attributes) (Decision, string, error) {
	return NoOpinion, "Everything is forbidden.", nil
}

// Rules is nothing.
func (AlwaysDeny) Rules(context.Context, *resource.UserInfo, string) (RuleSet, error) {
	return RuleSet{}, nil
}
