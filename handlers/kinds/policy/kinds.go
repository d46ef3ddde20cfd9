// Package policy has the kinds of the group policy.
package policy

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{disruptionBudgets}

const group = "policy"

var spec = field.NewPath("spec")
