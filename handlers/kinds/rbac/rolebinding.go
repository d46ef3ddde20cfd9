package rbac

import (
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
	binding(d, row, s, func(o *rbacv1.RoleBinding) bound { return bound{&o.RoleRef, o.Subjects} }, "Role", "ClusterRole")
}
