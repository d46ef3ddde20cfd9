// Package node authorizes kubelets: a node may read what the pods on it need, and write what is its own. What pods need is
// kept in a graph that follows the store.
package node

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/feed"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/rbac"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Authorizer decides about the users system:node:<name> of the group system:nodes, and has no opinion on others. What a
// node may do to its own objects, NodeRestriction has to hold it to: a body is not seen here.
type Authorizer struct {
	*feed.Feed
	graph *graph
	rules []rbacv1.PolicyRule
}

var (
	_ authz.Authorizer   = &Authorizer{}
	_ authz.RuleResolver = &Authorizer{}
)

// New makes an authorizer that knows no pod before its Run. Rules are what every node may do to all that is not told apart
// by node.
func New(store storage.Store, rules []rbacv1.PolicyRule, log *slog.Logger) *Authorizer {
	a := &Authorizer{graph: newGraph(), rules: rules}
	a.Feed = feed.New(store, collections, &sink{graph: a.graph, log: log}, log)
	return a
}

const (
	userPrefix = "system:node:"
	nodesGroup = "system:nodes"
)

// nodeOf is the name of the node that a user is. It may be empty although the user is a node.
func nodeOf(u *resource.UserInfo) (name string, isNode bool) {
	name, ok := strings.CutPrefix(u.Name, userPrefix)
	return name, ok && slices.Contains(u.Groups, nodesGroup)
}

var errRules = errors.New("node authorizer does not support user rule resolution")

// Rules says that those of a node cannot be listed.
func (a *Authorizer) Rules(_ context.Context, user *resource.UserInfo, _ string) (authz.RuleSet, error) {
	if _, isNode := nodeOf(user); isNode {
		return authz.RuleSet{Incomplete: true}, errRules
	}
	return authz.RuleSet{}, nil
}

// Authorize allows what the node's objects and the rules allow. A refusal is never final: an administrator may give nodes
// more through roles.
func (a *Authorizer) Authorize(_ context.Context, q authz.Attributes) (authz.Decision, string, error) {
	node, isNode := nodeOf(q.User)
	switch {
	case !isNode:
		return authz.NoOpinion, "", nil
	case node == "":
		return authz.NoOpinion, "unknown node for user " + quote(q.User.Name), nil
	}
	if q.IsResource {
		if decide := table[groupResource{q.Group, q.Resource}]; decide != nil {
			allowed, reason := decide(a.graph, node, &q)
			if allowed {
				return authz.Allow, "", nil
			}
			return authz.NoOpinion, reason, a.undecided()
		}
	}
	if rbac.Allow(a.rules, &q) {
		return authz.Allow, "", nil
	}
	return authz.NoOpinion, "", nil
}

// undecided is the error beside a refusal that may only mean that the pods have not been read yet.
func (a *Authorizer) undecided() error {
	if !a.graph.complete.Load() {
		return authz.ErrNotReady
	}
	return nil
}
