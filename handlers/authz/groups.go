package authz

import (
	"context"
	"slices"
	"strings"
)

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
