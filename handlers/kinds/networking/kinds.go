// Package networking has the kinds of networking.k8s.io.
package networking

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

const group = "networking.k8s.io"

var spec = field.NewPath("spec")

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{ingressClasses, ingresses, ipAddresses, networkPolicies, serviceCIDRs}
