package strategy

import (
	"context"
	"errors"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/rbac"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// rbacAPI are the entries of roles and bindings: nobody gives what he does not have.
var rbacAPI = map[key]entry{
	{rbacGroup, "roles", ""}:               guardRoles,
	{rbacGroup, "clusterroles", ""}:        guardClusterRoles,
	{rbacGroup, "rolebindings", ""}:        guardRoleBindings,
	{rbacGroup, "clusterrolebindings", ""}: guardClusterRoleBindings,
}

// masters may do everything, so they may give everything.
const masters = "system:masters"

// escalation decides whether a writer may give rules to others.
type escalation struct {
	authorizer authz.Authorizer
	reader     rbac.Reader
}

func newEscalation(d *Deps, plural string) escalation {
	return escalation{d.Authorizer, rbac.Reader{Store: d.Store, Resource: plural}}
}

// allowed says whether the writer may do verb to a role, and so need not have its rules.
func (e escalation) allowed(ctx context.Context, user *resource.UserInfo, verb, plural, namespace, name string) bool {
	if e.authorizer == nil {
		return false
	}
	// What cannot be found out is not allowed.
	decision, _, _ := e.authorizer.Authorize(ctx, authz.Attributes{
		User: user, IsResource: true, Verb: verb, Group: rbacGroup, Version: "*", Resource: plural, Namespace: namespace, Name: name,
	})
	return decision == authz.Allow
}

// role checks a role that is written. The server itself may write any. The request's name counts, not the object's: a POST has none, so that the right to
// escalate one role by name does not let its holder create it.
func (e escalation) role(ctx context.Context, a *resource.Attempt, namespace string, rules []rbacv1.PolicyRule) (mayEscalate bool, err error) {
	if a.User == nil || slices.Contains(a.User.Groups, masters) || e.allowed(ctx, a.User, "escalate", e.reader.Resource, namespace, a.Name) {
		return true, nil
	}
	return false, e.reader.Escalation(ctx, a.User, namespace, rules)
}

// full is what an aggregation rule can gather.
var full = []rbacv1.PolicyRule{
	{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}},
	{Verbs: []string{"*"}, NonResourceURLs: []string{"*"}},
}

// errAggregation is for who could gather what he does not have.
var errAggregation = errors.New("must have cluster-admin privileges to use the aggregationRule")

// onlyGarbage says whether an update changes nothing but what the garbage collector changes.
func onlyGarbage(o, old object.Object) bool {
	c := object.Copy(o)
	c.SetOwnerReferences(old.GetOwnerReferences())
	c.SetFinalizers(old.GetFinalizers())
	c.SetSelfLink(old.GetSelfLink())
	c.SetManagedFields(old.GetManagedFields())
	return equality.Semantic.DeepEqual(c, old)
}
