// Package storagemigration has the kinds of storagemigration.k8s.io.
package storagemigration

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{migrations}
