package admissionregistration

import "github.com/gatehouse-dev/gatehouse/handlers/kinds/kind"

var validatingConfigurations = kind.Kind{Group: group, Resource: "validatingwebhookconfigurations", Strategy: webhooks}
