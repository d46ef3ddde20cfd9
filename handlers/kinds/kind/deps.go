package kind

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authn/serviceaccount"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/features"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Deps are the dependencies of strategies on the server. Zero values have defaults.
type Deps struct {
	// Objects reads other objects; it is used only once requests are served, so it may be filled after New.
	Objects *resource.Objects
	// Store is for data that is not an object of the API: the bitmap of node ports.
	Store storage.Store
	// Write writes other objects than that of the request. Like Objects it may be filled after New.
	Write resource.Writer
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Rand is a number in [0, n); safe for concurrent use. math/rand/v2 when nil.
	Rand func(n int) int
	// Log gets failures that no request reports; nil discards them.
	Log *slog.Logger
	// ServiceCIDRs are the ranges of the cluster's services, the primary family first; 10.0.0.0/24 when empty.
	ServiceCIDRs []string
	// NodePorts is the range of node ports, as 30000-32767, which is also the default.
	NodePorts string
	// Authorizer answers access reviews and authorizes escalation and binding. Without it reviews fail and nobody may escalate or
	// bind. Reviews of rules need an authz.RuleResolver.
	Authorizer authz.Authorizer
	// Tokens issues service account tokens; nil issues none.
	Tokens *serviceaccount.Issuer
	// TokenOwners authenticates tokens for token reviews, which fail without it. Audiences are the server's own.
	TokenOwners authn.Tokens
	Audiences   []string
	// AllowPrivileged allows privileged containers.
	AllowPrivileged bool
	// Features are the feature gates; nil means the defaults.
	Features *features.Features
	// Definitions serves what definitions define; without it they are only kept.
	Definitions Definitions
}

// Definitions turns definitions of custom resources into what is served.
type Definitions interface {
	// Choose calls choose with the names that the other definitions of the group have, and keeps those that it returns for the
	// definition until the attempt is settled. Nobody else chooses meanwhile.
	Choose(a *resource.Attempt, group, definition string, choose func(taken Names) Names)
	// Written is told that a definition was stored or is gone. What it defines is served, or not any more, when it returns.
	Written(ctx context.Context, definition string)
}

// Names are names that definitions have in a group: of resources, and of kinds.
type Names struct{ Resources, Kinds map[string]bool }

// SetDefaults completes the zero values.
func (d *Deps) SetDefaults() {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Rand == nil {
		d.Rand = rand.IntN
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if len(d.ServiceCIDRs) == 0 {
		d.ServiceCIDRs = []string{"10.0.0.0/24"}
	}
	if d.NodePorts == "" {
		d.NodePorts = "30000-32767"
	}
}
