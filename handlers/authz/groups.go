package authz

import (
	"context"
	"slices"
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
