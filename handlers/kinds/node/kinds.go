// Package node has the kinds of node.k8s.io; nodes themselves are of the core group.
package node

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{runtimeClasses}

// FieldRules has no rule of its own. Upstream validates the overhead of a runtime with the rules of a container's limits, and
// reports it there.
var FieldRules = validation.Table{Path: func(place string) string {
	if tail, ok := strings.CutPrefix(place, "overhead.podFixed"); ok {
		return "overhead.limits" + tail
	}
	return place
}}
