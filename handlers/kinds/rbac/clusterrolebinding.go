package rbac

import (
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
	binding(d, row, s, func(o *rbacv1.ClusterRoleBinding) bound { return bound{&o.RoleRef, o.Subjects} }, "ClusterRole")
}
