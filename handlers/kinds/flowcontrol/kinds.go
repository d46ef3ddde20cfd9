// Package flowcontrol has the kinds of flowcontrol.apiserver.k8s.io.
package flowcontrol

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{flowSchemas}
