package rbac

import (
	"context"
	"errors"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"

	"github.com/gatehouse-dev/gatehouse/handlers/authz"
	"github.com/gatehouse-dev/gatehouse/handlers/authz/rbac"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// masters have all rights, so they may grant all.
const masters = "system:masters"

// escalation decides whether a writer may grant rules.
type escalation struct {
	authorizer authz.Authorizer
	reader     rbac.Reader
}

func newEscalation(d *kind.Deps, plural string) escalation {
	return escalation{d.Authorizer, rbac.Reader{Store: d.Store, Resource: plural}}
}

// allowed reports whether the writer has verb (escalate or bind) on a role, and so need not have its rules.
func (e escalation) allowed(ctx context.Context, user *resource.UserInfo, verb, plural, namespace, name string) bool {
	if e.authorizer == nil {
		return false
	}
	// An error means no.
	decision, _, _ := e.authorizer.Authorize(ctx, authz.Attributes{
		User: user, IsResource: true, Verb: verb, Group: group, Version: "*", Resource: plural, Namespace: namespace, Name: name,
	})
	return decision == authz.Allow
}

// role checks the rules of a role that is written. The server itself may write any. The right to escalate is checked by the name in
// the request. A POST has none, so the right to escalate one role by name does not include its creation.
func (e escalation) role(ctx context.Context, a *resource.Attempt, namespace string, rules []rbacv1.PolicyRule) (mayEscalate bool, err error) {
	if a.User == nil || slices.Contains(a.User.Groups, masters) || e.allowed(ctx, a.User, "escalate", e.reader.Resource, namespace, a.Name) {
		return true, nil
	}
	return false, e.reader.Escalation(ctx, a.User, namespace, rules)
}

// refused is the 403 for an attempt to grant more than the writer has; nil without err.
func (e escalation) refused(name string, err error) error {
	if err == nil {
		return nil
	}
	return apierrors.NewForbidden(object.GroupResource(group, e.reader.Resource), name, err)
}

// binding checks the roleRef of a binding that is written: the writer has bind on the role, or all of its rules. Without bind, a
// missing role is NotFound.
func (e escalation) binding(ctx context.Context, a *resource.Attempt, ref rbacv1.RoleRef, namespace, name string) error {
	if a.User == nil || slices.Contains(a.User.Groups, masters) {
		return nil
	}
	plural := map[string]string{"ClusterRole": "clusterroles", "Role": "roles"}[ref.Kind]
	// A reference to another API group is refused by validation, which comes later. It must not pass here as one to a role.
	if plural != "" && ref.APIGroup == group && e.allowed(ctx, a.User, "bind", plural, namespace, ref.Name) {
		return nil
	}
	rules, err := e.reader.Role(ctx, ref, namespace)
	if err != nil {
		return err
	}
	return e.refused(name, e.reader.Escalation(ctx, a.User, namespace, rules))
}

// full are the rules that an aggregation rule can aggregate: all.
var full = []rbacv1.PolicyRule{
	{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}},
	{Verbs: []string{"*"}, NonResourceURLs: []string{"*"}},
}

// errAggregation refuses an aggregation rule of a writer without all rights.
var errAggregation = errors.New("must have cluster-admin privileges to use the aggregationRule")

// clusterRole checks a cluster role that is written; old is nil for a create.
func (e escalation) clusterRole(ctx context.Context, a *resource.Attempt, o, old *rbacv1.ClusterRole) error {
	mayEscalate, err := e.role(ctx, a, "", o.Rules)
	if err != nil || mayEscalate || !aggregates(o) && (old == nil || !aggregates(old)) {
		return err
	}
	// A changed aggregation rule may aggregate anything, and a removed one leaves the aggregated rules behind.
	if _, err := e.role(ctx, a, "", full); err != nil {
		return errAggregation
	}
	return nil
}

func aggregates(o *rbacv1.ClusterRole) bool {
	return o.AggregationRule != nil && len(o.AggregationRule.ClusterRoleSelectors) > 0
}

// onlyGarbage reports whether an update changes only the fields that the garbage collector changes.
func onlyGarbage(o, old object.Object) bool {
	c := object.Copy(o)
	c.SetOwnerReferences(old.GetOwnerReferences())
	c.SetFinalizers(old.GetFinalizers())
	c.SetSelfLink(old.GetSelfLink())
	c.SetManagedFields(old.GetManagedFields())
	return equality.Semantic.DeepEqual(c, old)
}
