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
	s.visit(q.User, q.Namespace, func(e entry) bool {
		switch {
		case e.repeats:
			return true
		case e.err != nil:
			errs = append(errs, e.err)
			return true
		}
		for i := range e.rules {
			if allows(&e.rules[i], &q, combined) {
				by = e.binding
				return false
			}
		}
		return true
	})
	switch {
	case by != nil:
		return authz.Allow, "RBAC: allowed by " + s.describe(by, q.User), nil
	case len(errs) > 0:
		return authz.NoOpinion, "RBAC: " + utilerrors.NewAggregate(errs).Error(), nil
	}
	return authz.NoOpinion, "", nil
}

// Rules lists what the user may do in the namespace and at the cluster scope.
func (a *Authorizer) Rules(_ context.Context, user *resource.UserInfo, namespace string) (authz.RuleSet, error) {
	s := a.now.Load()
	var set authz.RuleSet
	rules, err := collect(func(b *binding) ([]rbacv1.PolicyRule, error) { return b.rules, b.err }, func(f func(entry) bool) { s.visit(user, namespace, f) })
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

// mostRepeated is how many rules are collected before those of a role are left out that was there before.
const mostRepeated = 1000

// collect joins the rules of all bindings visited, each binding once. Roles that are bound more than once are repeated, as in
// upstream, but not without end: many small bindings can refer to one large role. The error tells of roles that could
// not be had.
func collect(rules func(*binding) ([]rbacv1.PolicyRule, error), visit func(func(entry) bool)) ([]rbacv1.PolicyRule, error) {
	var out []rbacv1.PolicyRule
	var errs []error
	seen, told := map[*binding]bool{}, map[roleKey]bool{}
	visit(func(e entry) bool {
		if seen[e.binding] || len(out) > mostRepeated && told[e.role()] {
			return true
		}
		seen[e.binding], told[e.role()] = true, true
		r, err := rules(e.binding)
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
