package core

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/handlers/validation"
)

// FieldRules are the rules that the model names in the types of the group, except those of pod specs.
var FieldRules = validation.Table{
	Rules: map[string]validation.Rule{
		"quota-resource": validation.Whole(quotaResources),
		"source-range":   validation.Text(nil, sourceRange),
	},
	Path: func(place string) string {
		// Upstream reports the taints of a node's spec in its metadata.
		if tail, ok := strings.CutPrefix(place, "spec.taints["); ok {
			return "metadata.taints[" + tail
		}
		// Upstream uses the Go name for the source ranges of a service.
		if tail, ok := strings.CutPrefix(place, "spec.loadBalancerSourceRanges["); ok {
			return "spec.LoadBalancerSourceRanges[" + tail
		}
		return place
	},
}
