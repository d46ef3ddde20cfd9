package rbac

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation/field"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

var clusterRoleBindings = kind.Kind{
	Group: group, Resource: "clusterrolebindings", Strategy: clusterRoleBinding, Cells: subjectCells,
	Defaults: map[string]func(object.Object){"v1": kind.OnDefault(func(b *rbacv1.ClusterRoleBinding) {
		defaultSubjects(b.Subjects)
		b.SetDefaults()
	})},
}

func clusterRoleBinding(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	e := newEscalation(d, row.Resource)
	s.ValidateName = kind.PathSegment
	s.PrepareForCreate = kind.OnCreate(func(ctx context.Context, a *resource.Attempt, o *rbacv1.ClusterRoleBinding) error {
		return e.binding(ctx, a, o.RoleRef, "", o.Name)
	})
	s.PrepareForUpdate = kind.OnUpdate(func(ctx context.Context, a *resource.Attempt, o, old *rbacv1.ClusterRoleBinding) error {
		if onlyGarbage(o, old) {
			return nil
		}
		return e.binding(ctx, a, o.RoleRef, "", o.Name)
	})
	s.Validate = kind.Check(func(o *rbacv1.ClusterRoleBinding) field.ErrorList {
		return append(roleRef(&o.RoleRef, "ClusterRole"), subjects(o.Subjects, false)...)
	})
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *rbacv1.ClusterRoleBinding) field.ErrorList { return sameRole(o.RoleRef, old.RoleRef) })
}
