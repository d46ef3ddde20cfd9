package strategy

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// binding checks a reference that is written: the writer may bind the role, or has all that it allows. A role that is not
// there is NotFound for who would have to have its rules.
func (e escalation) binding(ctx context.Context, a *resource.Attempt, ref rbacv1.RoleRef, namespace, name string) error {
	if a.User == nil || slices.Contains(a.User.Groups, masters) {
		return nil
	}
	roles := map[string]string{"ClusterRole": "clusterroles", "Role": "roles"}[ref.Kind]
	// A reference to another API group is refused by validation, which comes later; it must not be allowed before as one
	// to ours.
	if roles != "" && ref.APIGroup == rbacGroup && e.allowed(ctx, a.User, "bind", roles, namespace, ref.Name) {
		return nil
	}
	rules, err := e.reader.Role(ctx, ref, namespace)
	if err != nil {
		return err
	}
	if err := e.reader.Escalation(ctx, a.User, namespace, rules); err != nil {
		return apierrors.NewForbidden(object.GroupResource(rbacGroup, e.reader.Resource), name, err)
	}
	return nil
}

func guardRoleBindings(d *Deps, row resources.Row, s *resource.Strategy) {
	e := newEscalation(d, row.Resource)
	s.PrepareForCreate = onCreate(func(ctx context.Context, a *resource.Attempt, o *rbacv1.RoleBinding) error {
		return e.binding(ctx, a, o.RoleRef, o.Namespace, o.Name)
	})
	s.PrepareForUpdate = onUpdate(func(ctx context.Context, a *resource.Attempt, o, old *rbacv1.RoleBinding) error {
		if onlyGarbage(o, old) {
			return nil
		}
		return e.binding(ctx, a, o.RoleRef, o.Namespace, o.Name)
	})
}

func guardClusterRoleBindings(d *Deps, row resources.Row, s *resource.Strategy) {
	e := newEscalation(d, row.Resource)
	s.PrepareForCreate = onCreate(func(ctx context.Context, a *resource.Attempt, o *rbacv1.ClusterRoleBinding) error {
		return e.binding(ctx, a, o.RoleRef, "", o.Name)
	})
	s.PrepareForUpdate = onUpdate(func(ctx context.Context, a *resource.Attempt, o, old *rbacv1.ClusterRoleBinding) error {
		if onlyGarbage(o, old) {
			return nil
		}
		return e.binding(ctx, a, o.RoleRef, "", o.Name)
	})
}
