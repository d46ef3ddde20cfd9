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

var roleBindings = kind.Kind{
	Group: group, Resource: "rolebindings", Strategy: roleBinding, Cells: subjectCells,
	Defaults: map[string]func(object.Object){"v1": kind.OnDefault(func(b *rbacv1.RoleBinding) {
		defaultSubjects(b.Subjects)
		b.SetDefaults()
	})},
}

func roleBinding(d *kind.Deps, row resources.Row, s *resource.Strategy) {
	e := newEscalation(d, row.Resource)
	s.ValidateName = kind.PathSegment
	s.PrepareForCreate = kind.OnCreate(func(ctx context.Context, a *resource.Attempt, o *rbacv1.RoleBinding) error {
		return e.binding(ctx, a, o.RoleRef, o.Namespace, o.Name)
	})
	s.PrepareForUpdate = kind.OnUpdate(func(ctx context.Context, a *resource.Attempt, o, old *rbacv1.RoleBinding) error {
		if onlyGarbage(o, old) {
			return nil
		}
		return e.binding(ctx, a, o.RoleRef, o.Namespace, o.Name)
	})
	s.Validate = kind.Check(func(o *rbacv1.RoleBinding) field.ErrorList {
		return append(roleRef(&o.RoleRef, "Role", "ClusterRole"), subjects(o.Subjects, true)...)
	})
	s.ValidateUpdate = kind.CheckUpdate(func(o, old *rbacv1.RoleBinding) field.ErrorList { return sameRole(o.RoleRef, old.RoleRef) })
}

func roleRef(ref *rbacv1.RoleRef, kinds ...string) field.ErrorList {
	path := field.NewPath("roleRef")
	errs := kind.Among(path.Child("apiGroup"), ref.APIGroup, group)
	errs = append(errs, kind.Among(path.Child("kind"), ref.Kind, kinds...)...)
	return append(errs, kind.Needed(path.Child("name"), ref.Name, kind.Segment)...)
}

func sameRole(now, old rbacv1.RoleRef) field.ErrorList {
	if now == old {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("roleRef"), kind.Display(now), "cannot change roleRef")}
}
