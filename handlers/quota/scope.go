package quota

import (
	"fmt"
	"slices"

	corev1 "github.com/gatehouse-dev/gatehouse/gen/types/core/v1"
)

// Scope narrows a quota to some objects.
type Scope = corev1.ScopedResourceSelectorRequirement

// The scopes that there are.
const (
	Terminating               = "Terminating"
	NotTerminating            = "NotTerminating"
	BestEffort                = "BestEffort"
	NotBestEffort             = "NotBestEffort"
	PriorityClass             = "PriorityClass"
	CrossNamespacePodAffinity = "CrossNamespacePodAffinity"
	VolumeAttributesClass     = "VolumeAttributesClass"
)

const (
	in           = "In"
	notIn        = "NotIn"
	exists       = "Exists"
	doesNotExist = "DoesNotExist"
)

// Scopes are those of a quota, whichever way it names them.
func Scopes(s *corev1.ResourceQuotaSpec) []Scope {
	if s.ScopeSelector == nil && len(s.Scopes) == 0 {
		return nil
	}
	var out []Scope
	for _, name := range s.Scopes {
		out = append(out, Scope{ScopeName: name, Operator: exists})
	}
	if s.ScopeSelector != nil {
		out = append(out, s.ScopeSelector.MatchExpressions...)
	}
	return out
}

// selects says whether a scope with values selects one of the classes that an object names. An object that names none is
// like one without the label in a label selector.
func selects(s *Scope, classes ...string) (bool, error) {
	switch s.Operator {
	case exists:
		return len(classes) > 0, nil
	case doesNotExist:
		return len(classes) == 0, nil
	case in:
		return slices.ContainsFunc(classes, func(c string) bool { return slices.Contains(s.Values, c) }), nil
	case notIn:
		return len(classes) == 0 || slices.ContainsFunc(classes, func(c string) bool { return !slices.Contains(s.Values, c) }), nil
	}
	return false, fmt.Errorf("failed to parse and convert selector: %q is not a valid scope selector operator", s.Operator)
}
