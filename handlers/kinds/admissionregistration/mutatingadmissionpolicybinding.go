package admissionregistration

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

var mutatingBindings = kind.Kind{Group: group, Resource: "mutatingadmissionpolicybindings", Strategy: named, Cells: bindingCells}
