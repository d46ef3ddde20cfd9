package rbac

import (
	"context"

	"k8s.io/apimachinery/pkg/util/validation/field"

	rbacv1 "github.com/gatehouse-dev/gatehouse/gen/types/rbac/v1"

	"github.com/gatehouse-dev/gatehouse/gen/resources"
	"github.com/gatehouse-dev/gatehouse/handlers/display"
	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/object"
	"github.com/gatehouse-dev/gatehouse/handlers/resource"
)

// bound are the fields of both kinds of bindings.
type bound struct {
	role     *rbacv1.RoleRef
	subjects []rbacv1.Subject
}

// binding is the strategy of both kinds; roles are the kinds that roleRef may have.
func binding[T object.Object](d *kind.Deps, row resources.Row, s *resource.Strategy, of func(T) bound, roles ...string) {
	e := newEscalation(d, row.Resource)
	mayBind := func(ctx context.Context, a *resource.Attempt, o T) error {
		return e.binding(ctx, a, *of(o).role, o.GetNamespace(), o.GetName())
	}
	s.ValidateName = kind.PathSegment
	s.PrepareForCreate = kind.OnCreate(mayBind)
	s.PrepareForUpdate = kind.OnUpdate(func(ctx context.Context, a *resource.Attempt, o, old T) error {
		if onlyGarbage(o, old) {
			return nil
		}
		return mayBind(ctx, a, o)
	})
	s.Validate = kind.Check(func(o T) field.ErrorList {
		return append(roleRef(of(o).role, roles...), subjects(of(o).subjects, row.Namespaced)...)
	})
	s.ValidateUpdate = kind.CheckUpdate(func(o, old T) field.ErrorList { return sameRole(*of(o).role, *of(old).role) })
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
	return field.ErrorList{field.Invalid(field.NewPath("roleRef"), display.Value(now), "cannot change roleRef")}
}
