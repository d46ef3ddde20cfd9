// Package discovery has the kinds of discovery.k8s.io.
package discovery

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{endpointSlices}
