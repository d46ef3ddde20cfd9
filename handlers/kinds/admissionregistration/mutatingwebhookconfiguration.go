package admissionregistration

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

var mutatingConfigurations = kind.Kind{Group: group, Resource: "mutatingwebhookconfigurations", Strategy: webhooks}
