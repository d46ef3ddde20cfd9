// Package strategy has what the resource model cannot say of the built-in resources: how an object is brought into its
// first state, what may not change, which fields refer to each other, what is allocated outside the object, and the
// actions that store nothing themselves. One small file per resource that needs it; a resource without an entry has only
// the data-driven hooks (names, selectable fields, scale).
package strategy

import (
	"log/slog"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/authn"
	"github.com/gatehouse-dev/gatehouse/handlers/authn/serviceaccount"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/features"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Deps is what the strategies need from the server. Zero values have defaults.
type Deps struct {
	// Objects reads other objects; it is used only once requests are served, so it may be filled after New.
	Objects *resource.Objects
	// Store keeps what is not an object of the API: the bitmap of node ports.
	Store storage.Store
	// Write writes other objects than the one at hand. Like Objects it may be filled after New.
	Write resource.Writer
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Rand is a number in [0, n); safe for concurrent use. math/rand/v2 when nil.
	Rand func(n int) int
	// Log hears of failures that nobody waits for; slog.Default when nil.
	Log *slog.Logger
	// ServiceCIDRs are the ranges of the cluster's services, the primary family first; 10.0.0.0/24 when empty.
	ServiceCIDRs []string
	// NodePorts is the range of node ports, as 30000-32767, which is also the default.
	NodePorts string
	// Authorizer decides what reviews ask and who may escalate or bind; without it nobody may and reviews fail. Reviews of
	// rules need it to be an authz.RuleResolver.
	Authorizer authz.Authorizer
	// Tokens makes the tokens of service accounts; without it there are none.
	Tokens *serviceaccount.Issuer
	// TokenOwners tells whom tokens belong to; without it there are no reviews of tokens. Audiences are the server's own.
	TokenOwners authn.Tokens
	Audiences   []string
	// Features are the gates; nil has them as they are by default.
	Features *features.Features
}

// key names a row whatever its version.
type key struct{ group, resource, subresource string }

// entry completes the strategy of one row.
type entry func(d *Deps, row resources.Row, s *resource.Strategy)

// New returns the function that makes the strategy of each row.
func New(d Deps) func(resources.Row) *resource.Strategy {
	d.setDefaults()
	services := newServices(&d)
	table := map[key]entry{}
	for _, group := range []map[key]entry{core, services.entries(), workloads, others, rulesOf, statuses, authentication, rbacAPI, reviews} {
		for k, e := range group {
			table[k] = chain(table[k], e)
		}
	}
	return func(row resources.Row) *resource.Strategy {
		s := &resource.Strategy{ValidateName: nameRule(row), Fields: selectable(row)}
		if row.Scale != nil {
			scale(row, s)
		}
		if e := table[key{row.Group, row.Resource, row.Subresource}]; e != nil {
			e(&d, row, s)
		}
		dropFeatures(&d, row, s)
		warn(row, s)
		return s
	}
}

// chain runs a before b.
func chain(a, b entry) entry {
	if a == nil {
		return b
	}
	return func(d *Deps, row resources.Row, s *resource.Strategy) { a(d, row, s); b(d, row, s) }
}

// coreV1 is a resource of the group without a name.
func coreV1(name string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Version: "v1", Resource: name}
}
