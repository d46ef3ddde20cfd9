// Package coordination has the kinds of coordination.k8s.io.
package coordination

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

const group = "coordination.k8s.io"

var spec = field.NewPath("spec")

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{leaseCandidates, leases}
