// Package rbac has the kinds of rbac.authorization.k8s.io: roles and what binds them, for a namespace and for the cluster. Besides
// what they may contain, it says who may write them: nobody gives rights that he does not have.
package rbac

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

const group = "rbac.authorization.k8s.io"

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{clusterRoleBindings, clusterRoles, roleBindings, roles}
