// Package rbac has the kinds of rbac.authorization.k8s.io: roles and bindings, for a namespace and for the cluster. It also prevents
// privilege escalation: nobody may grant rights without having them.
package rbac

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

const group = "rbac.authorization.k8s.io"

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{clusterRoleBindings, clusterRoles, roleBindings, roles}
