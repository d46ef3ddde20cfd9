package admissionregistration

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

var mutatingPolicies = kind.Kind{Group: group, Resource: "mutatingadmissionpolicies", Strategy: named}
