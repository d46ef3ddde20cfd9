// Package dra has the kinds of resource.k8s.io: dynamic resource allocation.
package dra

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

const group = "resource.k8s.io"

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{claimTemplates, claims, deviceClasses, poolStatusRequests, resourceSlices, taintRules}
