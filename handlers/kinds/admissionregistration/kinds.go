// Package admissionregistration has the kinds of admissionregistration.k8s.io.
package admissionregistration

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

const group = "admissionregistration.k8s.io"

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{
	mutatingBindings, mutatingConfigurations, mutatingPolicies,
	validatingBindings, validatingConfigurations, validatingPolicies,
}
