// Package rbac authorizes by roles and bindings. It keeps all of them in memory, by subject, and follows the store; a
// decision reads an immutable snapshot and never waits.
package rbac

import (
	"context"
	"log/slog"
	"sync/atomic"

	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"
	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/feed"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
	"github.com/gatehouse-dev/gatehouse/handlers/storage"
)

// Authorizer allows what the roles allow that are bound to a user. Before its feed is ready it allows nothing, and says why.
type Authorizer struct {
	*feed.Feed
	index *index
	now   atomic.Pointer[snapshot]
}

var (
	_ authz.Authorizer   = &Authorizer{}
	_ authz.RuleResolver = &Authorizer{}
)

// unread is what an authorizer knows before its feed is ready.
var unread = &snapshot{}

// New makes an authorizer that knows nothing before its Run.
func New(store storage.Store, log *slog.Logger) *Authorizer {
	a := &Authorizer{}
	a.now.Store(unread)
	a.index = newIndex(&a.now, log)
	a.Feed = feed.New(store, followed, a.index, log)
	return a
}

// Observe lets f know all cluster roles whenever one has changed. The goroutine of Run calls it, so it must not block.
// Observe is called before Run.
func (a *Authorizer) Observe(f func(map[string]*rbacv1.ClusterRole)) {
	a.index.observe = append(a.index.observe, f)
}

// Authorize never denies: what roles do not allow, another authorizer may. The reason of a refusal names the roles that
// bindings refer to in vain.
func (a *Authorizer) Authorize(_ context.Context, q authz.Attributes) (authz.Decision, string, error) {
	s := a.now.Load()
	if s == unread {
		return authz.NoOpinion, "", authz.ErrNotReady
	}
	combined := q.Resource
	if q.Subresource != "" {
		combined += "/" + q.Subresource
	}
	var errs []error
	var by *binding
	s.visit(q.User, q.Namespace, func(b *binding) bool {
		if b.err != nil {
			errs = append(errs, b.err)
			return true
		}
		for i := range b.rules {
			if allows(&b.rules[i], &q, combined) {
				by = b
				return false
			}
		}
		return true
	})
	switch {
	case by != nil:
		return authz.Allow, "RBAC: allowed by " + by.describe(q.User), nil
	case len(errs) > 0:
		return authz.NoOpinion, "RBAC: " + utilerrors.NewAggregate(errs).Error(), nil
	}
	return authz.NoOpinion, "", nil
}

// Rules lists what the user may do in the namespace and at the cluster scope.
func (a *Authorizer) Rules(_ context.Context, user *resource.UserInfo, namespace string) (authz.RuleSet, error) {
	s := a.now.Load()
	var set authz.RuleSet
	rules, err := collect(func(b *binding) ([]rbacv1.PolicyRule, error) { return b.rules, b.err }, func(f func(*binding) bool) { s.visit(user, namespace, f) })
	for _, r := range rules {
		if len(r.Resources) > 0 {
			set.Resource = append(set.Resource, authz.ResourceRule{Verbs: r.Verbs, APIGroups: r.APIGroups, Resources: r.Resources, ResourceNames: r.ResourceNames})
		}
		if len(r.NonResourceURLs) > 0 {
			set.NonResource = append(set.NonResource, authz.PathRule{Verbs: r.Verbs, Paths: r.NonResourceURLs})
		}
	}
	return set, err
}

// collect joins the rules of all bindings visited, each binding once. The error tells of roles that could not be had.
func collect(rules func(*binding) ([]rbacv1.PolicyRule, error), visit func(func(*binding) bool)) ([]rbacv1.PolicyRule, error) {
	var out []rbacv1.PolicyRule
	var errs []error
	seen := map[*binding]bool{}
	visit(func(b *binding) bool {
		if seen[b] {
			return true
		}
		seen[b] = true
		r, err := rules(b)
		if err != nil {
			errs = append(errs, err)
		}
		out = append(out, r...)
		return true
	})
	if len(errs) == 0 {
		return out, nil
	}
	return out, utilerrors.NewAggregate(errs)
}
