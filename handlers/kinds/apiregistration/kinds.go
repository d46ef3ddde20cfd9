// Package apiregistration has the kinds of apiregistration.k8s.io.
package apiregistration

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{apiServices}
