// Package autoscaling has the kinds of the group autoscaling.
package autoscaling

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"
)

// Kinds are the kinds of the group of which the model cannot say everything.
var Kinds = []kind.Kind{autoscalers}

const group = "autoscaling"

var spec = field.NewPath("spec")
