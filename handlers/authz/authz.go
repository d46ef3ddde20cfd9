// Package authz decides who may do what. Each authorizer is in its own file; Union asks them in order.
package authz

import (
	"context"
	"slices"
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// Decision is an authorizer's answer.
type Decision uint8

const (
	// NoOpinion leaves the decision to the next authorizer; at the end it is a refusal.
	NoOpinion Decision = iota
	Allow
	Deny
)

// Attributes are what is to be decided.
type Attributes struct {
	User       *resource.UserInfo
	Verb       string
	IsResource bool
	// Path is that of the request; it decides for what is not a resource.
	Path                                  string
	Group, Version, Resource, Subresource string
	Namespace, Name                       string
}

// Authorizer decides. The reason is for the user who is refused. Safe for concurrent use.
type Authorizer interface {
	Authorize(ctx context.Context, a Attributes) (decision Decision, reason string, err error)
}

// Union asks one authorizer after another until one allows or denies; the reasons of those without opinion are joined.
type Union []Authorizer

// Authorize is the first decision.
func (u Union) Authorize(ctx context.Context, a Attributes) (Decision, string, error) {
	var reasons []string
	for _, x := range u {
		decision, reason, err := x.Authorize(ctx, a)
		if decision != NoOpinion || err != nil {
			return decision, reason, err
		}
		if reason != "" {
			reasons = append(reasons, reason)
		}
	}
	return NoOpinion, strings.Join(reasons, "\n"), nil
}

// AlwaysAllow allows everything.
type AlwaysAllow struct{}

// Authorize allows.
func (AlwaysAllow) Authorize(context.Context, Attributes) (Decision, string, error) {
	return Allow, "", nil
}

// AlwaysDeny denies everything.
type AlwaysDeny struct{}

// Authorize has no opinion, in the original's words: what nobody allows is refused.
func (AlwaysDeny) Authorize(context.Context, Attributes) (Decision, string, error) {
	return NoOpinion, "Everything is forbidden.", nil
}

// Groups allows everything to the members of the named groups. It comes first: system:masters is not subject to policy.
type Groups []string

// Authorize allows members and has no opinion on others.
func (g Groups) Authorize(_ context.Context, a Attributes) (Decision, string, error) {
	for _, name := range a.User.Groups {
		if slices.Contains(g, name) {
			return Allow, "", nil
		}
	}
	return NoOpinion, "", nil
}

// PublicPaths lets everybody read the named paths that are not resources, and what is below them.
type PublicPaths []string

// Authorize allows get of a public path and has no opinion on others.
func (p PublicPaths) Authorize(_ context.Context, a Attributes) (Decision, string, error) {
	if a.IsResource || a.Verb != "get" {
		return NoOpinion, "", nil
	}
	for _, public := range p {
		if a.Path == public || strings.HasPrefix(a.Path, public+"/") {
			return Allow, "", nil
		}
	}
	return NoOpinion, "", nil
}
