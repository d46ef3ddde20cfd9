// Package node has the kinds of node.k8s.io; nodes themselves are of the core group.
package node

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{runtimeClasses}
