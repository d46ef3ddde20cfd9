package admissionregistration

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

var validatingPolicies = kind.Kind{Group: group, Resource: "validatingadmissionpolicies", Strategy: named}
