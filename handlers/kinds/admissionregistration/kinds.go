// Package admissionregistration has the kinds of admissionregistration.k8s.io.
package admissionregistration

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

const group = "admissionregistration.k8s.io"

var specPath = field.NewPath("spec")

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{
	mutatingBindings, mutatingConfigurations, mutatingPolicies,
	validatingBindings, validatingConfigurations, validatingPolicies,
}
