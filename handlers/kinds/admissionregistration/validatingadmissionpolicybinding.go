package admissionregistration

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

var validatingBindings = kind.Kind{Group: group, Resource: "validatingadmissionpolicybindings", Strategy: named, Cells: bindingCells}
