// Package apiextensions has the kinds of apiextensions.k8s.io.
package apiextensions

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

const group = "apiextensions.k8s.io"

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{definitions}
